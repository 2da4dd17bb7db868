//! The REST interface under `/api/v1`: the gRPC messages as JSON, and faults as problem documents (RFC 9457).

use std::time::Duration;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{StatusCode, Uri},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use chassis::http::RequestLayer;
use model::fault::{Effect, Fault, FaultKind};
use tower::limit::GlobalConcurrencyLimitLayer;

use crate::{
    bounds::{DEADLINE, MAX_BODY, MAX_CONCURRENT},
    caller::Api,
};

mod answer;
mod docs;
mod input;
mod problem;
mod routes;

use problem::Problem;

/// Bytes of a request's path and headers together.
const MAX_HEAD: usize = 16 * 1024;

/// The routes, all within the deadline.
pub(crate) fn routes(api: Api) -> Router {
    let v1 = routes::v1(&api);
    Router::new()
        .nest("/api/v1", v1)
        .merge(docs::routes())
        .fallback(no_such_route)
        .method_not_allowed_fallback(wrong_method)
        .with_state(api)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(GlobalConcurrencyLimitLayer::new(MAX_CONCURRENT))
        .layer(middleware::from_fn(within_deadline))
        .layer(middleware::from_fn(small_head))
        .layer(middleware::from_fn(problem::write))
        .layer(RequestLayer::new())
}

async fn no_such_route(uri: Uri) -> Problem {
    Fault::not_found("route", uri.path().chars().take(200).collect::<String>()).into()
}

async fn wrong_method() -> Problem {
    let fault = Fault::new(FaultKind::Invalid, "the route does not know this method; see Allow");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, fault)
}

/// Refuses a request with oversized path and headers.
async fn small_head(request: Request, next: Next) -> Response {
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len());
    let path = request.uri().path_and_query().map_or(0, |it| it.as_str().len());
    if headers.sum::<usize>() + path <= MAX_HEAD {
        return next.run(request).await;
    }
    let why = "the path and the headers are larger than 16 KiB together; send less";
    let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    Problem::new(status, Fault::new(FaultKind::Invalid, why)).into_response()
}

async fn within_deadline(request: Request, next: Next) -> Response {
    match tokio::time::timeout(DEADLINE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::from(late()).into_response(),
    }
}

/// The fault for a missed deadline. The work may have been done all the same.
fn late() -> Fault {
    let remedy = "no answer in time; ask again with the same Idempotency-Key";
    Fault::new(FaultKind::Timeout, remedy)
        .with_effect(Effect::Unknown)
        .retry_after(Duration::from_secs(5))
}
