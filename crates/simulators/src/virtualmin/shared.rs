//! What all connections of a server share, and how many there are for each address.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::auth::Auth;
use super::host::Host;
use super::options::Options;

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
    pub(super) fn new(host: Host, auth: Auth, options: &Options) -> Self {
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
pub(super) struct Slot {
    pub(super) shared: Arc<Shared>,
    address: IpAddr,
}

impl Slot {
    /// One more connection of this address, unless it has too many.
    pub(super) fn take(shared: &Arc<Shared>, address: IpAddr) -> Option<Self> {
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
