//! `/api/v1/accounts`.

use axum::{Json, extract::State};
use contracts::provisioning::v1;

use super::{
    Answer,
    input::{Id, Input, Listing},
};
use crate::handlers::{Api, Caller, accounts};

pub(super) async fn get(State(api): State<Api>, caller: Caller, Id(id): Id) -> Answer<v1::Account> {
    Ok(Json(accounts::get(api, caller, v1::GetAccountRequest { id }).await?))
}

pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Listing(request): Listing<v1::ListAccountsRequest>,
) -> Answer<v1::ListAccountsResponse> {
    Ok(Json(accounts::list(api, caller, request).await?))
}

pub(super) async fn set_protection(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::SetAccountProtectionRequest>,
) -> Answer<v1::Account> {
    Ok(Json(accounts::set_protection(api, caller, request).await?))
}
