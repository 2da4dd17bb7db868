//! The HTTP server of a service: liveness, readiness, metrics, and the service's own routes.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{
    Extension, Json, Router,
    extract::{ConnectInfo, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;

pub use crate::request::RequestLayer;
use crate::{Shutdown, health::Health, panics, telemetry};

/// How long requests may take to finish after a stop was requested.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);
/// How long a client may take to send the head of a request; also how long it may stay idle.
const HEAD_LIMIT: Duration = Duration::from_secs(30);
/// The most connections at a time; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 4096;
/// The most headers of a request. The server refuses more without a word.
const MAX_HEADERS: usize = 256;
/// The pause after a connection could not be accepted, mostly for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// A bound port that is not yet served.
#[derive(Debug)]
pub struct Listener {
    pub(crate) inner: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// The address in use; with port 0 it has the chosen port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Binds the port, so that a wrong address fails the start and not a background task.
///
/// # Errors
/// The error of the operating system, with the address.
pub async fn bind(listen: SocketAddr) -> anyhow::Result<Listener> {
    let bound = TcpListener::bind(listen).await.and_then(|inner| Ok((inner.local_addr()?, inner)));
    let (address, inner) = bound.with_context(|| format!("cannot listen on {listen}"))?;
    Ok(Listener { inner, address })
}

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
/// Handlers may extract `ConnectInfo<SocketAddr>`. Endless streams must watch the [`Shutdown`] themselves, or
/// they are cut off.
///
/// # Errors
/// None so far; the type is the one that [`crate::Tasks::spawn`] takes.
pub async fn serve(listener: Listener, router: Router, shutdown: Shutdown) -> anyhow::Result<()> {
    tracing::info!(address = %listener.address, "serving HTTP");
    let router = router.layer(CatchPanicLayer::custom(panics::http));
    let connections = TaskTracker::new();
    let free = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let permit = free.clone().acquire_owned().await.context("the semaphore is never closed")?;
        let accepted = tokio::select! {
            accepted = listener.inner.accept() => accepted,
            () = shutdown.requested() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let router = router.clone().layer(Extension(ConnectInfo(peer)));
                let stop = shutdown.clone();
                connections.spawn(async move {
                    let answers = answer(stream, router, stop.clone());
                    if stop.bound(DRAIN_LIMIT, answers).await.is_none() {
                        tracing::warn!(%peer, "cut off a request that was still running");
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                let _ = timeout(ACCEPT_PAUSE, shutdown.requested()).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
    Ok(())
}

/// Answers the requests of one connection.
async fn answer(stream: TcpStream, router: Router, shutdown: Shutdown) {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        // More than a service takes, so that its own answer tells the limit.
        .max_headers(MAX_HEADERS);
    let service = TowerToHyperService::new(router);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = shutdown.requested() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection broke");
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
            let format = "text/plain; version=0.0.4; charset=utf-8";
            ([(CONTENT_TYPE, format)], text).into_response()
        }
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
