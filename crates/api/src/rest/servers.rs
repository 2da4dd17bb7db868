//! `/api/v1/servers`.

use axum::{Json, extract::State, response::Response};
use contracts::provisioning::v1;

use super::{
    Answer, Problem, accepted, created,
    input::{Id, Input, Listing},
};
use crate::handlers::{Api, Caller, servers};

pub(super) async fn register(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::RegisterServerRequest>,
) -> Result<Response, Problem> {
    let server = servers::register(api, caller, request).await?;
    Ok(created("servers", &server.id, &server))
}

pub(super) async fn get(State(api): State<Api>, caller: Caller, Id(id): Id) -> Answer<v1::Server> {
    Ok(Json(servers::get(api, caller, v1::GetServerRequest { id }).await?))
}

pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Listing(request): Listing<v1::ListServersRequest>,
) -> Answer<v1::ListServersResponse> {
    Ok(Json(servers::list(api, caller, request).await?))
}

pub(super) async fn verify(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::VerifyServerRequest>,
) -> Result<Response, Problem> {
    let job = servers::verify(api, caller, request).await?;
    Ok(accepted(Some(&job), &job))
}

pub(super) async fn set_status(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::SetServerStatusRequest>,
) -> Answer<v1::Server> {
    Ok(Json(servers::set_status(api, caller, request).await?))
}
