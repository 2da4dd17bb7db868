//! `/api/v1/tokens`.

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, header::CACHE_CONTROL},
    response::Response,
};
use contracts::provisioning::v1;

use super::{
    Answer, Problem, created,
    input::{Id, Input, Listing},
};
use crate::handlers::{Api, Caller, tokens};

/// The answer shows the secret, so nothing on the way may keep it.
pub(super) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::CreateTokenRequest>,
) -> Result<Response, Problem> {
    let made = tokens::create(api, caller, request).await?;
    let id = made.token.as_ref().map(|it| it.id.as_str()).unwrap_or_default();
    let mut response = created("tokens", id, &made);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

pub(super) async fn get(State(api): State<Api>, caller: Caller, Id(id): Id) -> Answer<v1::Token> {
    Ok(Json(tokens::get(api, caller, v1::GetTokenRequest { id }).await?))
}

pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Listing(request): Listing<v1::ListTokensRequest>,
) -> Answer<v1::ListTokensResponse> {
    Ok(Json(tokens::list(api, caller, request).await?))
}

pub(super) async fn revoke(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::RevokeTokenRequest>,
) -> Answer<v1::Token> {
    Ok(Json(tokens::revoke(api, caller, request).await?))
}
