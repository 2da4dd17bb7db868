//! `/api/v1/dead-letters`.

use axum::{Json, extract::State, response::Response};
use contracts::provisioning::v1;

use super::{
    Answer, Problem, accepted,
    input::{Id, Input, Listing},
};
use crate::handlers::{Api, Caller, dead_letters};

pub(super) async fn get(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
) -> Answer<v1::DeadLetter> {
    Ok(Json(dead_letters::get(api, caller, v1::GetDeadLetterRequest { id }).await?))
}

pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Listing(request): Listing<v1::ListDeadLettersRequest>,
) -> Answer<v1::ListDeadLettersResponse> {
    Ok(Json(dead_letters::list(api, caller, request).await?))
}

pub(super) async fn redrive(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::RedriveDeadLetterRequest>,
) -> Result<Response, Problem> {
    let redriven = dead_letters::redrive(api, caller, request).await?;
    Ok(accepted(redriven.job.as_ref(), &redriven))
}

pub(super) async fn discard(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::DiscardDeadLetterRequest>,
) -> Answer<v1::DeadLetter> {
    Ok(Json(dead_letters::discard(api, caller, request).await?))
}
