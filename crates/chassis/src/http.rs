//! The HTTP server of a service: liveness, readiness, metrics, and the service's own routes.

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use tower_http::catch_panic::CatchPanicLayer;

pub use crate::request::RequestLayer;
use crate::{
    Shutdown,
    health::Health,
    listener::{Face, Listener, Protocol},
    panics, telemetry,
};

/// `/livez` (the process answers), `/readyz` (all checks pass, else 503), `/metrics` (Prometheus).
pub fn routes(health: &Health) -> Router {
    Router::new()
        .route("/livez", get(|| async { "alive" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(health.clone())
}

/// Serves `router` until a stop is requested, then gives running requests ten seconds to finish.
///
/// Handlers may extract `ConnectInfo<SocketAddr>`, and [`Identity`](crate::tls::Identity) if the client has shown a
/// certificate. Endless streams must watch the [`Shutdown`] themselves, or they are cut off.
///
/// # Errors
/// A certificate that cannot be used.
pub async fn serve(listener: Listener, router: Router, shutdown: Shutdown) -> anyhow::Result<()> {
    tracing::info!(address = %listener.address(), tls = listener.is_closed(), "serving HTTP");
    let face = Face {
        router: router.layer(CatchPanicLayer::custom(panics::http)),
        stranger: Router::new().fallback(stranger),
        protocol: Protocol::Http,
    };
    listener.serve(face, shutdown).await
}

async fn stranger() -> (StatusCode, &'static str) {
    (StatusCode::FORBIDDEN, "your certificate is not on the list of this port (tls.allowed)\n")
}

async fn ready(State(health): State<Health>) -> Response {
    let report = health.report().await;
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

async fn metrics() -> Response {
    match telemetry::scrape() {
        Ok(text) => {
            let format = "text/plain; version=0.0.4; charset=utf-8";
            ([(CONTENT_TYPE, format)], text).into_response()
        }
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
