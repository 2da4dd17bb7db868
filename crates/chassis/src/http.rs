//! The HTTP server of a service: liveness, readiness, metrics, and whatever routes the service
//! adds.

use std::{future::IntoFuture, net::SocketAddr, time::Duration};

use anyhow::{Context, anyhow};
use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::{net::TcpListener, time::timeout};

pub use crate::request::RequestLayer;
use crate::{Shutdown, health::Health, telemetry};

/// How long requests may take to finish after a stop was asked for.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);

/// A bound port, before anybody is served on it.
#[derive(Debug)]
pub struct Listener {
    pub(crate) inner: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Where it listens; tells the port when port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Takes the port, so that a wrong address fails the start and not a background task.
///
/// # Errors
/// The operating system's, with the address.
pub async fn bind(listen: SocketAddr) -> anyhow::Result<Listener> {
    let bound = TcpListener::bind(listen).await.and_then(|inner| Ok((inner.local_addr()?, inner)));
    let (address, inner) = bound.with_context(|| format!("cannot listen on {listen}"))?;
    Ok(Listener { inner, address })
}

/// `/livez` (the process answers), `/readyz` (all checks pass, else 503) and `/metrics` (Prometheus).
pub fn routes(health: &Health) -> Router {
    Router::new()
        .route("/livez", get(|| async { "alive" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(health.clone())
}

/// Serves `router` until a stop is asked for, then lets requests finish.
///
/// # Errors
/// When requests are still running at the end of the time to finish.
pub async fn serve(listener: Listener, router: Router, shutdown: Shutdown) -> anyhow::Result<()> {
    tracing::info!(address = %listener.address, "serving HTTP");
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let stop = shutdown.clone();
    let server = axum::serve(listener.inner, service)
        .with_graceful_shutdown(async move { stop.requested().await })
        .into_future();
    let limit = async {
        shutdown.requested().await;
        timeout(DRAIN_LIMIT, std::future::pending::<()>()).await
    };
    tokio::select! {
        result = server => Ok(result?),
        _ = limit => Err(anyhow!("requests still running {} s after the stop", DRAIN_LIMIT.as_secs())),
    }
}

async fn ready(State(health): State<Health>) -> Response {
    let report = health.report().await;
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

async fn metrics() -> Response {
    match telemetry::scrape() {
        Ok(text) => {
            ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
        }
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
