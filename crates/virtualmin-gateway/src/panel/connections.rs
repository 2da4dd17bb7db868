//! The connections to one host: so many at a time, over all gateways.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many gateways run. Clones share the number.
#[derive(Clone, Debug)]
pub(crate) struct Gateways(Arc<AtomicU64>);

impl Gateways {
    /// This one alone.
    pub(crate) fn alone() -> Self {
        Self(Arc::new(AtomicU64::new(1)))
    }

    /// Sets the number, this one included.
    pub(crate) fn count(&self, gateways: u64) {
        self.0.store(gateways.max(1), Ordering::Relaxed);
    }

    /// What this gateway may have of something that all share: one at the least.
    pub(crate) fn share(&self, all: u64) -> u64 {
        (all / self.0.load(Ordering::Relaxed)).max(1)
    }
}

/// The connections of this gateway to one host.
#[derive(Debug)]
pub(crate) struct Connections {
    gateways: Gateways,
    free: Arc<Semaphore>,
    /// How many there are, free or not.
    size: Mutex<u64>,
}

impl Connections {
    /// None, until the first one is asked for.
    pub(crate) fn new(gateways: Gateways) -> Self {
        Self { gateways, free: Arc::new(Semaphore::new(0)), size: Mutex::new(0) }
    }

    /// Waits for a connection, of which all gateways together have `most`. It is given back when it is dropped.
    pub(crate) async fn one_of(&self, most: u64) -> Option<OwnedSemaphorePermit> {
        self.resize(self.gateways.share(most));
        self.free.clone().acquire_owned().await.ok()
    }

    /// Connections that are in use stay; a later call takes them away.
    fn resize(&self, wanted: u64) {
        let mut size = self.size.lock().unwrap_or_else(PoisonError::into_inner);
        if wanted > *size {
            self.free.add_permits(usize::try_from(wanted - *size).unwrap_or(0));
            *size = wanted;
        } else if wanted < *size {
            let gone = self.free.forget_permits(usize::try_from(*size - wanted).unwrap_or(0));
            *size -= gone as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn another_gateway_halves_the_connections_as_soon_as_they_are_free() {
        let gateways = Gateways::alone();
        let connections = Connections::new(gateways.clone());
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(connections.one_of(4).now_or_never().unwrap());
        }
        assert!(connections.one_of(4).now_or_never().is_none());
        gateways.count(2);
        held.pop();
        assert!(connections.one_of(4).now_or_never().is_none(), "three are in use");
        held.clear();
        let _two = (connections.one_of(4).now_or_never(), connections.one_of(4).now_or_never());
        assert!(connections.one_of(4).now_or_never().is_none());
        gateways.count(1);
        assert!(connections.one_of(4).now_or_never().is_some());
    }
}
