//! `/api/v1/services`.

use axum::{Json, extract::State, response::Response};
use contracts::provisioning::v1;

use super::{
    Answer, Problem, accepted, created,
    input::{Id, Input, Listing},
};
use crate::handlers::{Api, Caller, services};

pub(super) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::CreateServiceRequest>,
) -> Result<Response, Problem> {
    let service = services::create(api, caller, request).await?;
    Ok(created("services", &service.id, &service))
}

pub(super) async fn get(State(api): State<Api>, caller: Caller, Id(id): Id) -> Answer<v1::Service> {
    Ok(Json(services::get(api, caller, v1::GetServiceRequest { id }).await?))
}

pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Listing(request): Listing<v1::ListServicesRequest>,
) -> Answer<v1::ListServicesResponse> {
    Ok(Json(services::list(api, caller, request).await?))
}

pub(super) async fn activate(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::ActivateServiceRequest>,
) -> Result<Response, Problem> {
    let operation = services::activate(api, caller, request).await?;
    Ok(accepted(operation.job.as_ref(), &operation))
}

pub(super) async fn suspend(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::SuspendServiceRequest>,
) -> Result<Response, Problem> {
    let operation = services::suspend(api, caller, request).await?;
    Ok(accepted(operation.job.as_ref(), &operation))
}

pub(super) async fn unsuspend(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::UnsuspendServiceRequest>,
) -> Result<Response, Problem> {
    let operation = services::unsuspend(api, caller, request).await?;
    Ok(accepted(operation.job.as_ref(), &operation))
}

pub(super) async fn terminate(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::TerminateServiceRequest>,
) -> Result<Response, Problem> {
    let operation = services::terminate(api, caller, request).await?;
    Ok(accepted(operation.job.as_ref(), &operation))
}
