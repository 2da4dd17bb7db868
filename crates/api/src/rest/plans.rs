//! `/api/v1/plans`.

use axum::{Json, extract::State, response::Response};
use contracts::provisioning::v1;

use super::{
    Answer, Problem, created,
    input::{Id, Input, Listing},
};
use crate::handlers::{Api, Caller, plans};

pub(super) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::CreatePlanRequest>,
) -> Result<Response, Problem> {
    let plan = plans::create(api, caller, request).await?;
    Ok(created("plans", &plan.id, &plan))
}

pub(super) async fn get(State(api): State<Api>, caller: Caller, Id(id): Id) -> Answer<v1::Plan> {
    Ok(Json(plans::get(api, caller, v1::GetPlanRequest { id }).await?))
}

pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Listing(request): Listing<v1::ListPlansRequest>,
) -> Answer<v1::ListPlansResponse> {
    Ok(Json(plans::list(api, caller, request).await?))
}
