//! A port of a service: bound, closed by TLS, and bounded in connections, silence and age.

mod connection;
mod face;
mod places;
mod refusals;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{
    net::TcpListener,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::task::TaskTracker;

pub(crate) use self::face::{Face, Protocol};
use self::{
    connection::{Connection, How},
    places::Places,
    refusals::{Reason, Refusals},
};
use crate::{
    Shutdown,
    config::{Limits, Listen},
    descriptors,
    tls::{Kept, ServerFiles},
};

/// How long requests may take to finish after a stop was requested.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);
/// The pause after a connection could not be accepted, mostly for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);
/// How often the files of the certificate are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// A bound port that is not yet served.
pub struct Listener {
    inner: TcpListener,
    address: SocketAddr,
    certificate: Option<ServerFiles>,
    allowed: Option<Vec<String>>,
    limits: Limits,
}

impl Listener {
    /// The address in use; with port 0 it has the chosen port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether the port is closed by TLS.
    pub(crate) fn is_closed(&self) -> bool {
        self.certificate.is_some()
    }

    /// Binds the port, so that a wrong address or certificate fails the start and not a background task.
    ///
    /// # Errors
    /// The error of the operating system, with the address; a certificate that cannot be used.
    pub async fn bind(listen: &Listen) -> anyhow::Result<Self> {
        let address = listen.address;
        let bound = TcpListener::bind(address).await;
        let bound = bound.and_then(|inner| Ok((inner.local_addr()?, inner)));
        let (address, inner) = bound.with_context(|| format!("cannot listen on {address}"))?;
        let certificate = listen.tls.as_ref().map(|it| it.files.clone());
        if let Some(files) = &certificate {
            files.check().with_context(|| format!("cannot close {address} by TLS"))?;
        }
        if certificate.is_none() && !address.ip().is_loopback() {
            tracing::warn!(%address, "the port is open to other machines without TLS, as allow_plaintext says");
        }
        let allowed = listen.tls.as_ref().and_then(|it| it.allowed.clone());
        let mut limits = listen.limits.clone();
        // The rest is for the other ports, the database, the broker and files.
        let share = usize::try_from(descriptors::raise() / 4).unwrap_or(usize::MAX);
        if share < limits.connections {
            let connections = share;
            tracing::warn!(%address, connections, "the limit of open files allows fewer connections than limits.connections");
            limits.connections = share;
        }
        Ok(Self { inner, address, certificate, allowed, limits })
    }

    /// Serves until a stop is requested, then gives running requests ten seconds to finish.
    ///
    /// # Errors
    /// A certificate that cannot be used.
    pub(crate) async fn serve(self, face: Face, shutdown: Shutdown) -> anyhow::Result<()> {
        let places = Places::new(&self.limits);
        let refusals = Arc::new(Refusals::default());
        let negotiated = face.protocol.negotiated();
        let certificate = self.certificate.map(|files| Kept::new(files, negotiated)).transpose()?;
        let certificate = certificate.map(Arc::new);
        let how = Arc::new(How {
            face,
            limits: self.limits,
            allowed: self.allowed,
            stop: shutdown.clone(),
        });
        let connections = TaskTracker::new();
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let accepted = tokio::select! {
                accepted = self.inner.accept() => accepted,
                () = shutdown.requested() => break,
                _ = looks.tick(), if certificate.is_some() => {
                    if let Some(certificate) = certificate.clone() {
                        tokio::task::spawn_blocking(move || certificate.look());
                    }
                    continue;
                }
            };
            match accepted {
                Ok((stream, peer)) => {
                    let Some(place) = places.take(peer.ip()) else {
                        refusals.count(Reason::Full, peer, None);
                        continue;
                    };
                    let connection = Connection {
                        stream,
                        peer,
                        place: Arc::new(place),
                        tls: certificate.as_ref().map(|it| it.current()),
                        how: how.clone(),
                    };
                    let (refusals, stop) = (refusals.clone(), shutdown.clone());
                    connections.spawn(async move {
                        let answers = connection.answer(&refusals);
                        if stop.bound(DRAIN_LIMIT, answers).await.is_none() {
                            tracing::warn!(client.address = %peer.ip(), "cut off a request that was still running");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    let _ = timeout(ACCEPT_PAUSE, shutdown.requested()).await;
                }
            }
        }
        drop(self.inner);
        connections.close();
        connections.wait().await;
        Ok(())
    }
}
