//! The gRPC server of a service, with health and reflection, and the connections of a gRPC client.

use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::time::{MissedTickBehavior, interval};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    service::Routes,
    transport::{ClientTlsConfig, Endpoint, Server},
};
use tonic_health::{ServingStatus, server::HealthReporter};
use tower_http::catch_panic::CatchPanicLayer;
use url::Url;

pub use crate::call::Connection;
use crate::{Shutdown, health::Health, http::Listener, panics, request::RequestLayer};

/// How often the readiness is passed on to the gRPC health service.
const HEALTH_PERIOD: Duration = Duration::from_secs(5);
/// How long calls may take to finish after a stop was requested.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);
/// How long a connection may take to open.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// The interval of pings on an idle connection, and the time limit of their answers.
const KEEP_ALIVE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(10));

/// Serves `services` until a stop is requested, with reflection over the encoded descriptor sets and with
/// `grpc.health.v1`, which follows `health`. Each call runs in a span of the caller's trace.
///
/// # Errors
/// A descriptor set that cannot be read, or a port that fails.
pub async fn serve(
    listener: Listener,
    services: Routes,
    descriptors: &[&'static [u8]],
    health: Health,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    tracing::info!(address = %listener.address(), "serving gRPC");
    let (reporter, health_service) = tonic_health::server::health_reporter();
    let reflection = descriptors
        .iter()
        .fold(tonic_reflection::server::Builder::configure(), |builder, set| {
            builder.register_encoded_file_descriptor_set(set)
        })
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .context("the descriptor set for reflection")?;
    let server = Server::builder()
        .http2_keepalive_interval(Some(KEEP_ALIVE.0))
        .http2_keepalive_timeout(Some(KEEP_ALIVE.1))
        .layer(RequestLayer::grpc())
        .layer(CatchPanicLayer::custom(panics::grpc))
        .add_routes(services.add_service(health_service).add_service(reflection))
        .serve_with_incoming_shutdown(TcpListenerStream::new(listener.inner), shutdown.requested());
    tokio::select! {
        result = shutdown.bound(DRAIN_LIMIT, server) => match result {
            Some(result) => Ok(result?),
            None => {
                tracing::warn!("cut off the calls that were still running");
                Ok(())
            }
        },
        () = follow(&health, reporter) => Err(anyhow!("the health reporter ended")),
    }
}

/// Passes the result of the checks on to the gRPC health service, for ever; the empty name is the whole
/// server.
async fn follow(health: &Health, reporter: HealthReporter) {
    let mut ticks = interval(HEALTH_PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = health.draining() => break,
        }
        let ready = health.report().await.ready;
        let status = if ready { ServingStatus::Serving } else { ServingStatus::NotServing };
        reporter.set_service_status("", status).await;
    }
    reporter.set_service_status("", ServingStatus::NotServing).await;
    std::future::pending().await
}

/// Makes a connection to `url` that opens at the first call and again after each loss; `https` trusts the
/// system's roots.
///
/// A call fails if it has no answer after `limit`, a stream if it has no first answer.
///
/// # Errors
/// A URL that cannot be an endpoint.
pub fn connect(url: &Url, limit: Duration) -> anyhow::Result<Connection> {
    let mut endpoint = Endpoint::from_shared(url.to_string())?
        .connect_timeout(CONNECT_LIMIT)
        .timeout(limit)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEP_ALIVE.0)
        .keep_alive_timeout(KEEP_ALIVE.1)
        .keep_alive_while_idle(true);
    if url.scheme() == "https" {
        endpoint = endpoint.tls_config(ClientTlsConfig::new().with_native_roots())?;
    }
    Ok(Connection::new(endpoint.connect_lazy()))
}
