//! Turns answers into HTTP: 201 for a created resource, 202 for a filed job, each with its `Location`.

use std::{convert::Infallible, time::Duration};

use axum::{
    Json,
    http::{
        HeaderValue, Method, StatusCode,
        header::{CACHE_CONTROL, LOCATION},
    },
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use contracts::provisioning::v1;
use futures_util::{Stream, StreamExt};
use model::fault::Fault;
use serde::Serialize;

use crate::{handlers, operations::Operation};

/// The interval of keep-alive comments in a stream; proxies cut a stream that is silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A message that answers an operation. build.rs implements this for every answer of the contract.
pub(super) trait Answer: Serialize {
    /// The message's name in snake case; the events of a stream carry it.
    const NAME: &'static str;
    /// Whether the message shows a secret, which no cache may store.
    const SECRET: bool;

    /// The id of the resource that the message describes.
    fn id(&self) -> Option<&str>;

    /// The job that the message is or contains.
    fn job(&self) -> Option<&v1::Job>;
}

/// The answer to a call of `operation`.
pub(super) fn response<A: Answer>(operation: &Operation, answer: &A) -> Response {
    let posted = operation.method == Method::POST;
    let makes = posted && !operation.path.contains('{');
    let mut response = match (answer.job(), answer.id()) {
        (Some(job), _) if posted => located(StatusCode::ACCEPTED, "/jobs", &job.id, answer),
        (None, Some(id)) if makes => located(StatusCode::CREATED, operation.path, id, answer),
        _ => Json(answer).into_response(),
    };
    if A::SECRET {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

fn located<A: Serialize>(status: StatusCode, collection: &str, id: &str, answer: &A) -> Response {
    let place = HeaderValue::from_str(&format!("/api/v1{collection}/{id}"));
    let place = place.expect("ids are UUIDs");
    (status, [(LOCATION, place)], Json(answer)).into_response()
}

/// Turns messages into server-sent events: each event carries the message's name, and the message as JSON.
/// The stream ends after the last message, or after an event `problem`.
pub(super) fn events<A: Answer>(
    messages: impl Stream<Item = Result<A, Fault>> + Send + 'static,
) -> Response {
    let events = messages.map(|message| {
        Ok::<_, Infallible>(message.map_or_else(|fault| problem(&fault), |message| event(&message)))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

fn event<A: Answer>(message: &A) -> Event {
    let data = serde_json::to_string(message).expect("a message is plain data");
    Event::default().event(A::NAME).data(data)
}

fn problem(fault: &Fault) -> Event {
    handlers::log(fault);
    Event::default().event("problem").data(fault.message.replace(['\r', '\n'], " "))
}
