//! The REST face under `/api/v1`: the same messages as JSON, faults as problem documents (RFC 9457).

use std::time::Duration;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderValue, StatusCode, Uri, header::LOCATION},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use chassis::http::RequestLayer;
use contracts::provisioning::v1;
use model::fault::{Effect, Fault, FaultKind};
use serde::Serialize;
use tower::limit::GlobalConcurrencyLimitLayer;

use crate::{DEADLINE, MAX_BODY, MAX_CONCURRENT, handlers::Api};

mod accounts;
mod dns_servers;
mod input;
mod jobs;
mod plans;
mod problem;
mod servers;
mod services;

use problem::Problem;

/// The routes, each within the deadline.
pub(crate) fn routes(api: Api) -> Router {
    let v1 = Router::new()
        .route("/plans", post(plans::create).get(plans::list))
        .route("/plans/{id}", get(plans::get))
        .route("/servers", post(servers::register).get(servers::list))
        .route("/servers/{id}", get(servers::get))
        .route("/servers/{id}/verify", post(servers::verify))
        .route("/dns-servers", post(dns_servers::register).get(dns_servers::list))
        .route("/dns-servers/{id}", get(dns_servers::get))
        .route("/services", post(services::create).get(services::list))
        .route("/services/{id}", get(services::get))
        .route("/services/{id}/activate", post(services::activate))
        .route("/services/{id}/suspend", post(services::suspend))
        .route("/services/{id}/unsuspend", post(services::unsuspend))
        .route("/services/{id}/terminate", post(services::terminate))
        .route("/accounts", get(accounts::list))
        .route("/accounts/{id}", get(accounts::get))
        .route("/accounts/{id}/protection", put(accounts::set_protection))
        .route("/jobs", get(jobs::list))
        .route("/jobs/{id}", get(jobs::get))
        .route("/jobs/{id}/watch", get(jobs::watch))
        .route("/jobs/{id}/retry", post(jobs::retry))
        .route("/jobs/{id}/cancel", post(jobs::cancel));
    Router::new()
        .nest("/api/v1", v1)
        .fallback(no_such_route)
        .method_not_allowed_fallback(wrong_method)
        .with_state(api)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(GlobalConcurrencyLimitLayer::new(MAX_CONCURRENT))
        .layer(middleware::from_fn(within_deadline))
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

async fn within_deadline(request: Request, next: Next) -> Response {
    match tokio::time::timeout(DEADLINE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::from(late()).into_response(),
    }
}

/// What was not answered within the deadline may have been done all the same.
fn late() -> Fault {
    let remedy = "no answer in time; ask again with the same Idempotency-Key";
    Fault::new(FaultKind::Timeout, remedy)
        .with_effect(Effect::Unknown)
        .retry_after(Duration::from_secs(5))
}

/// An answer of a message.
type Answer<T> = Result<Json<T>, Problem>;

/// 201 and where the new thing is found.
fn created<T: Serialize>(collection: &str, id: &str, message: &T) -> Response {
    located(StatusCode::CREATED, collection, id, message)
}

/// 202 and where the job is found; 200 if there was nothing to do.
fn accepted<T: Serialize>(job: Option<&v1::Job>, message: &T) -> Response {
    match job {
        Some(job) => located(StatusCode::ACCEPTED, "jobs", &job.id, message),
        None => Json(message).into_response(),
    }
}

fn located<T: Serialize>(status: StatusCode, collection: &str, id: &str, message: &T) -> Response {
    let place = HeaderValue::from_str(&format!("/api/v1/{collection}/{id}"));
    let place = place.expect("ids are UUIDs");
    (status, [(LOCATION, place)], Json(message)).into_response()
}
