//! One connection: its TLS handshake and its requests, within the time to the first of them and the connection's age.

use std::{
    convert::Infallible,
    future::pending,
    net::SocketAddr,
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use ::http::{Request, Response};
use axum::{
    BoxError, Router,
    body::{Body, Bytes, HttpBody},
    extract::ConnectInfo,
    routing::future::RouteFuture,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, sleep_until, timeout},
};
use tokio_rustls::TlsAcceptor;
use tower::Service;

use super::{
    face::{Face, Protocol},
    places::Place,
    refusals::{Reason, Refusals},
};
use crate::{Shutdown, config::Limits, tls::Identity};

/// The interval of pings on a connection, and the time for their answers.
const KEEP_ALIVE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(10));

/// The most headers that are read at all. Fewer are refused by the service itself, with a reason; hyper gives none.
const MAX_HEADERS: usize = 256;

/// What all connections of a port have in common.
pub(super) struct How {
    pub(super) face: Face,
    pub(super) limits: Limits,
    pub(super) allowed: Option<Vec<String>>,
    pub(super) stop: Shutdown,
}

/// An accepted connection.
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) place: Arc<Place>,
    pub(super) tls: Option<Arc<ServerConfig>>,
    pub(super) how: Arc<How>,
}

impl Connection {
    /// Answers until the connection ends, gives way, or stays silent.
    pub(super) async fn answer(self, refusals: &Refusals) {
        let (peer, place) = (self.peer, self.place.clone());
        let limit = self.how.limits.first_request();
        let end = tokio::select! {
            failed = self.run() => failed.map(|error| (Reason::Handshake, Some(error))),
            () = place.gave_way() => Some((Reason::GaveWay, None)),
            () = silent(&place, limit) => Some((Reason::Silent, None)),
        };
        if let Some((reason, error)) = end {
            refusals.count(reason, peer, error.as_deref());
        }
    }

    /// Returns the error of a failed handshake.
    async fn run(self) -> Option<String> {
        if let Err(error) = self.stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection waits to fill its packets");
        }
        let Some(tls) = self.tls else {
            let identity = None;
            serve(self.stream, &self.how, self.place, self.peer, identity).await;
            return None;
        };
        let stream = match TlsAcceptor::from(tls).accept(self.stream).await {
            Ok(stream) => stream,
            Err(error) => return Some(error.to_string()),
        };
        let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let identity = shown.map(Identity::of);
        serve(stream, &self.how, self.place, self.peer, identity).await;
        None
    }
}

/// Resolves if there is no request within `limit`.
async fn silent(place: &Place, limit: Duration) {
    if timeout(limit, place.asked()).await.is_ok() {
        pending().await
    }
}

/// Answers the requests of a connection.
async fn serve<S>(
    stream: S,
    how: &How,
    place: Arc<Place>,
    peer: SocketAddr,
    identity: Option<Identity>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let is_stranger = how
        .allowed
        .as_ref()
        .is_some_and(|allowed| !identity.as_ref().is_some_and(|it| it.is_one_of(allowed)));
    if is_stranger {
        let name = identity.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string);
        tracing::warn!(client.address = %peer.ip(), peer.identity = name, "a client that is not on the list calls");
    }
    let router = if is_stranger { &how.face.stranger } else { &how.face.router };
    let service = Marked { router: router.clone(), place, peer, identity };
    let mut builder = auto::Builder::new(TokioExecutor::new());
    if how.face.protocol == Protocol::Grpc {
        builder = builder.http2_only();
    }
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(how.limits.idle())
        .max_headers(MAX_HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(how.limits.streams)
        .keep_alive_interval(KEEP_ALIVE.0)
        .keep_alive_timeout(KEEP_ALIVE.1);
    let service = TowerToHyperService::new(service);
    let mut connection =
        pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let old = Instant::now() + how.limits.age();
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = how.stop.requested() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        () = sleep_until(old) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection broke");
    }
}

/// The router, with what is known of the connection in each request.
#[derive(Clone)]
struct Marked {
    router: Router,
    place: Arc<Place>,
    peer: SocketAddr,
    identity: Option<Identity>,
}

impl<B> Service<Request<B>> for Marked
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        self.place.asks();
        request.extensions_mut().insert(ConnectInfo(self.peer));
        if let Some(identity) = &self.identity {
            request.extensions_mut().insert(identity.clone());
        }
        self.router.call(request)
    }
}
