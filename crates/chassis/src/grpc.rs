//! The gRPC server of a service, with health and reflection, and the connections of a gRPC client.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, anyhow};
use axum::Router;
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::{
    net::TcpStream,
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};
use tokio_rustls::TlsConnector;
use tonic::{
    Status,
    service::Routes,
    transport::{Endpoint, Uri},
};
use tonic_health::{ServingStatus, server::HealthReporter};
use tower::service_fn;
use tower_http::catch_panic::CatchPanicLayer;

pub use crate::call::Connection;
use crate::{
    Shutdown,
    config::Peer,
    health::Health,
    listener::{Face, Listener, Protocol},
    panics,
    request::RequestLayer,
    tls::Kept,
};

/// How often the readiness is passed on to the gRPC health service.
const HEALTH_PERIOD: Duration = Duration::from_secs(5);
/// How long a connection may take to open.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// The interval of pings on an idle connection, and the time limit of their answers.
const KEEP_ALIVE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(10));

/// Serves `services` until a stop is requested, with `grpc.health.v1`, which follows `health`.
///
/// Reflection covers the encoded descriptor sets; without any there is none. Each call runs in a span of the caller's
/// trace.
///
/// # Errors
/// A descriptor set or a certificate that cannot be used, or a port that fails.
pub async fn serve(
    listener: Listener,
    services: Routes,
    descriptors: &[&'static [u8]],
    health: Health,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    tracing::info!(address = %listener.address(), tls = listener.is_closed(), "serving gRPC");
    let (reporter, health_service) = tonic_health::server::health_reporter();
    let mut services = services.add_service(health_service);
    if !descriptors.is_empty() {
        let reflection = descriptors
            .iter()
            .fold(tonic_reflection::server::Builder::configure(), |builder, set| {
                builder.register_encoded_file_descriptor_set(set)
            })
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1()
            .context("the descriptor set for reflection")?;
        services = services.add_service(reflection);
    }
    let face = Face {
        router: services
            .into_axum_router()
            .layer(CatchPanicLayer::custom(panics::grpc))
            .layer(RequestLayer::grpc()),
        stranger: Router::new().fallback(async || {
            let remedy = "this service does not take calls of your certificate; its URI must be in grpc.tls.allowed";
            Status::permission_denied(remedy).into_http::<axum::body::Body>()
        }),
        protocol: Protocol::Grpc,
    };
    tokio::select! {
        result = listener.serve(face, shutdown) => result,
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

/// Makes a connection to `peer` that opens at the first call and again after each loss, each time with the certificates
/// that are then in its files.
///
/// A call fails if it has no answer after `limit`, a stream if it has no first answer.
///
/// # Errors
/// A URL that cannot be an endpoint, or a certificate that cannot be used.
pub fn connect(peer: &Peer, limit: Duration) -> anyhow::Result<Connection> {
    let url = peer.url.as_str();
    if peer.url.scheme() != "https" {
        return Ok(Connection::new(endpoint(url, limit)?.connect_lazy()));
    }
    let host = peer.url.host_str().context("the URL has no host")?;
    let host = host.trim_matches(['[', ']']).to_owned();
    let port = peer.url.port_or_known_default().context("the URL has no port")?;
    let name = ServerName::try_from(host.clone()).context("the host of the URL")?;
    let certificates = Kept::new(peer.tls.clone(), |config| {
        config.alpn_protocols = vec![b"h2".to_vec()];
    });
    let certificates = Arc::new(certificates?);
    let dial = move |_: Uri| {
        let (certificates, host, name) = (certificates.clone(), host.clone(), name.clone());
        async move {
            let files = certificates.clone();
            spawn_blocking(move || files.look()).await?;
            let stream = TcpStream::connect((host, port)).await?;
            stream.set_nodelay(true)?;
            let connector = TlsConnector::from(certificates.current());
            connector.connect(name, stream).await.map(TokioIo::new)
        }
    };
    // To tonic the endpoint is a plain one, since the dialling above brings TLS.
    let endpoint = endpoint(&url.replacen("https", "http", 1), limit)?.origin(url.parse()?);
    Ok(Connection::new(endpoint.connect_with_connector_lazy(service_fn(dial))))
}

fn endpoint(url: &str, limit: Duration) -> anyhow::Result<Endpoint> {
    Ok(Endpoint::from_shared(url.to_owned())?
        .connect_timeout(CONNECT_LIMIT)
        .timeout(limit)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEP_ALIVE.0)
        .keep_alive_timeout(KEEP_ALIVE.1)
        .keep_alive_while_idle(true))
}
