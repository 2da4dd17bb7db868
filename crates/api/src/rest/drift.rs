//! `/api/v1/findings`, and drift below `/api/v1/servers`.

use axum::{Json, extract::State, response::Response};
use contracts::provisioning::v1;

use super::{
    Answer, Problem, accepted,
    input::{Id, Input, Listing},
};
use crate::handlers::{Api, Caller, drift};

pub(super) async fn get(State(api): State<Api>, caller: Caller, Id(id): Id) -> Answer<v1::Finding> {
    Ok(Json(drift::get(api, caller, v1::GetFindingRequest { id }).await?))
}

pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Listing(request): Listing<v1::ListFindingsRequest>,
) -> Answer<v1::ListFindingsResponse> {
    Ok(Json(drift::list(api, caller, request).await?))
}

pub(super) async fn accept(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::AcceptFindingRequest>,
) -> Answer<v1::Finding> {
    Ok(Json(drift::accept(api, caller, request).await?))
}

pub(super) async fn heal(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::HealFindingRequest>,
) -> Result<Response, Problem> {
    let job = drift::heal(api, caller, request).await?;
    Ok(accepted(Some(&job), &job))
}

pub(super) async fn of_server(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
) -> Answer<v1::ServerDrift> {
    Ok(Json(drift::of_server(api, caller, v1::GetServerDriftRequest { id }).await?))
}

pub(super) async fn set_policy(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::SetDriftPolicyRequest>,
) -> Answer<v1::ServerDrift> {
    Ok(Json(drift::set_policy(api, caller, request).await?))
}

pub(super) async fn scan(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::ScanServerRequest>,
) -> Answer<v1::ServerDrift> {
    Ok(Json(drift::scan(api, caller, request).await?))
}
