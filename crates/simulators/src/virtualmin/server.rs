//! Accepts connections, bounded as the real server's: too many from one address are reset.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::auth::Auth;
use super::connection;
use super::host::Host;

/// What all connections share.
pub(super) struct Shared {
    host: Mutex<Host>,
    auth: Mutex<Auth>,
    connections: Mutex<BTreeMap<IpAddr, usize>>,
    /// Ends every connection and every running program.
    pub(super) shutdown: CancellationToken,
    /// The tasks of this server.
    pub(super) tasks: TaskTracker,
    /// How long a client may take for handshake and request.
    pub(super) read_timeout: Duration,
    connections_per_address: usize,
}

impl Shared {
    /// A server that does not listen yet.
    pub(super) fn new(host: Host, auth: Auth, options: &super::Options) -> Self {
        Self {
            host: Mutex::new(host),
            auth: Mutex::new(auth),
            connections: Mutex::default(),
            shutdown: CancellationToken::new(),
            tasks: TaskTracker::new(),
            read_timeout: options.read_timeout,
            connections_per_address: options.connections_per_address,
        }
    }

    /// The machine, locked.
    pub(super) fn host(&self) -> MutexGuard<'_, Host> {
        self.host.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The accounts, locked.
    pub(super) fn auth(&self) -> MutexGuard<'_, Auth> {
        self.auth.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, and says whether the server still stands afterwards.
    pub(super) async fn wait(&self, duration: Duration) -> bool {
        duration.is_zero()
            || tokio::time::timeout(duration, self.shutdown.cancelled()).await.is_err()
    }

    fn connections(&self) -> MutexGuard<'_, BTreeMap<IpAddr, usize>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a connection for as long as it lives.
struct Slot {
    shared: Arc<Shared>,
    address: IpAddr,
}

impl Slot {
    fn take(shared: &Arc<Shared>, address: IpAddr) -> Option<Self> {
        let mut connections = shared.connections();
        let count = connections.entry(address).or_default();
        if *count >= shared.connections_per_address {
            return None;
        }
        *count += 1;
        Some(Self { shared: Arc::clone(shared), address })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(count) = self.shared.connections().get_mut(&self.address) {
            *count = count.saturating_sub(1);
        }
    }
}

/// Accepts until the shutdown.
pub(super) async fn serve(shared: Arc<Shared>, listener: TcpListener, tls: TlsAcceptor) {
    loop {
        let accepted = tokio::select! {
            () = shared.shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        // An error here is about that one connection (or about descriptors, which only time can cure).
        let Ok((stream, peer)) = accepted else {
            tokio::task::yield_now().await;
            continue;
        };
        match Slot::take(&shared, peer.ip()) {
            Some(slot) => drop(shared.tasks.spawn(handle(slot, stream, peer, tls.clone()))),
            None => reset(&stream),
        }
    }
}

async fn handle(slot: Slot, stream: TcpStream, peer: SocketAddr, tls: TlsAcceptor) {
    let shared = &slot.shared;
    let serve = async {
        // Small answers must not wait for an acknowledgement; a socket that cannot be told so still works.
        let _ = stream.set_nodelay(true);
        let Ok(Ok(mut stream)) =
            tokio::time::timeout(shared.read_timeout, tls.accept(stream)).await
        else {
            return;
        };
        // A client that left is no fault of the server's.
        let end = connection::serve(shared, &mut stream, peer.ip()).await;
        if end.is_ok_and(|end| end == connection::End::Cut) {
            reset(stream.get_ref().0);
        }
    };
    tokio::select! {
        () = shared.shutdown.cancelled() => {}
        () = serve => {}
    }
}

/// Makes the closing of the connection a reset.
fn reset(stream: &TcpStream) {
    // When this fails the client sees an orderly end without an answer, which is cut short as well.
    let _ = stream.set_zero_linger();
}
