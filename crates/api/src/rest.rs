//! The REST interface under `/api/v1`: the gRPC messages as JSON, and faults as problem documents (RFC 9457).

use std::time::Duration;

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, Version, header::HOST, uri::Authority},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use chassis::http::RequestLayer;
use model::fault::{Effect, Fault, FaultKind};

use crate::{
    address::{self, Proxies},
    bounds::DEADLINE,
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
/// Headers of a request.
const MAX_HEADERS: usize = 100;

/// The routes, all within the deadline.
pub(crate) fn routes(api: Api, proxies: Proxies) -> Router {
    let v1 = routes::v1(&api);
    Router::new()
        .nest("/api/v1", v1)
        .merge(docs::routes())
        .fallback(no_such_route)
        .method_not_allowed_fallback(wrong_method)
        .with_state(api)
        .layer(middleware::from_fn(within_deadline))
        .layer(middleware::from_fn(good_head))
        .layer(middleware::from_fn(problem::write))
        .layer(middleware::from_fn_with_state(proxies, address::record))
        .layer(RequestLayer::new())
}

async fn no_such_route(uri: Uri) -> Problem {
    Fault::not_found("route", uri.path().chars().take(200).collect::<String>()).into()
}

async fn wrong_method() -> Problem {
    let fault = Fault::new(FaultKind::Invalid, "the route does not know this method; see Allow");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, fault)
}

/// Refuses a request with an oversized head, or without the host that it is for.
async fn good_head(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let bytes = headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    let path = request.uri().path_and_query().map_or(0, |it| it.as_str().len());
    let large = if bytes.sum::<usize>() + path > MAX_HEAD {
        "the path and the headers are larger than 16 KiB together; send less"
    } else if headers.len() > MAX_HEADERS {
        "there are more than 100 headers; send fewer"
    } else if request.version() == Version::HTTP_11 && !has_one_host(headers) {
        let why = "names no host, which HTTP/1.1 requires; send the header once, as in `Host: example.net`";
        return Problem::from(Fault::invalid("Host", why)).into_response();
    } else {
        return next.run(request).await;
    };
    let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    Problem::new(status, Fault::new(FaultKind::Invalid, large)).into_response()
}

/// RFC 9112 section 3.2.
fn has_one_host(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let is_host = |it: &HeaderValue| {
        Authority::try_from(it.as_bytes()).is_ok_and(|it| !it.as_str().contains('@'))
    };
    hosts.next().is_some_and(is_host) && hosts.next().is_none()
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
