//! `/api/v1/jobs`, with changes of one as server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::{
    Json,
    extract::State,
    response::{
        Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use contracts::provisioning::v1;
use futures_util::{Stream, StreamExt};
use model::fault::Fault;

use super::{
    Answer, Problem, accepted,
    input::{Id, Input, Listing},
};
use crate::{
    handlers::{self, Api, Caller, jobs},
    validation,
    watch::watch as changes,
};

/// How often a silent stream shows that it lives; proxies cut what is silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(super) async fn get(State(api): State<Api>, caller: Caller, Id(id): Id) -> Answer<v1::Job> {
    Ok(Json(jobs::get(api, caller, v1::GetJobRequest { id }).await?))
}

pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Listing(request): Listing<v1::ListJobsRequest>,
) -> Answer<v1::ListJobsResponse> {
    Ok(Json(jobs::list(api, caller, request).await?))
}

pub(super) async fn retry(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::RetryJobRequest>,
) -> Result<Response, Problem> {
    let job = jobs::retry(api, caller, request).await?;
    Ok(accepted(Some(&job), &job))
}

pub(super) async fn cancel(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::CancelJobRequest>,
) -> Result<Response, Problem> {
    let job = jobs::cancel(api, caller, request).await?;
    Ok(accepted(Some(&job), &job))
}

/// Events `job` with the job as JSON; the stream ends after the last, or after an event `problem`.
pub(super) async fn watch(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let changes = changes(api, caller, validation::id(&id)?).await?;
    let events = changes.map(|change| Ok(change.map_or_else(|it| problem(&it), |it| event(&it))));
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn event(job: &v1::Job) -> Event {
    let data = serde_json::to_string(job).expect("a job is plain data");
    Event::default().event("job").data(data)
}

fn problem(fault: &Fault) -> Event {
    handlers::log(fault);
    Event::default().event("problem").data(fault.message.replace(['\r', '\n'], " "))
}
