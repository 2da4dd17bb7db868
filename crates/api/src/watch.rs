//! Notices of changed jobs: one subscription to the database for the process, handed on to every watcher.

use std::{sync::Arc, time::Duration};

use chassis::Shutdown;
use model::{
    fault::{Fault, FaultKind},
    ids::JobId,
};
use store::{Store, jobs::CHANNEL};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, broadcast},
    time::timeout,
};

/// The most watchers of one process.
const MAX_WATCHERS: usize = 1000;
/// Notices kept for a slow watcher; one that falls further behind just looks again.
const BACKLOG: usize = 1024;

/// When to come again where all places are taken.
const RETRY: Duration = Duration::from_secs(15);
/// How long to wait before listening again.
const PAUSE: Duration = Duration::from_secs(1);

/// What may have changed: one job, or any of them.
pub(crate) type Notice = Option<JobId>;

/// Hands the database's notices on to watchers. Clones share them.
#[derive(Clone)]
pub(crate) struct Watches {
    notices: broadcast::Sender<Notice>,
    free: Arc<Semaphore>,
    shutdown: Shutdown,
}

impl Watches {
    pub(crate) fn new(shutdown: Shutdown) -> Self {
        let free = Arc::new(Semaphore::new(MAX_WATCHERS));
        Self { notices: broadcast::Sender::new(BACKLOG), free, shutdown }
    }

    /// Listens to the database until a stop is asked for.
    pub(crate) async fn listen(self, store: Store) -> anyhow::Result<()> {
        while !self.shutdown.is_requested() {
            let lost = tokio::select! {
                lost = self.hand_on(&store) => lost,
                () = self.shutdown.requested() => break,
            };
            tracing::warn!(error = %lost, "cannot hear of jobs' changes: trying again");
            let _ = timeout(PAUSE, self.shutdown.requested()).await;
        }
        Ok(())
    }

    /// Hands notices on until the subscription breaks for good, and says why it did.
    async fn hand_on(&self, store: &Store) -> store::Error {
        let mut notifications = match store.listen(&[CHANNEL]).await {
            Ok(notifications) => notifications,
            Err(error) => return error,
        };
        // Anything may have changed before. That nobody watches is no failure.
        let _ = self.notices.send(None);
        loop {
            match notifications.next().await {
                // Without an id the connection was lost for a while: again, anything may have changed.
                Ok(notification) => _ = self.notices.send(notification.payload.parse().ok()),
                Err(error) => return error,
            }
        }
    }

    /// A place for one more watcher, and the notices from now on.
    ///
    /// # Errors
    ///
    /// `RateLimited` where the process has as many watchers as it can serve.
    pub(crate) fn subscribe(
        &self,
    ) -> Result<(OwnedSemaphorePermit, broadcast::Receiver<Notice>), Fault> {
        let place = self.free.clone().try_acquire_owned().map_err(|_| {
            let remedy = "too many jobs are being watched; read this one instead";
            Fault::new(FaultKind::RateLimited, remedy).retry_after(RETRY)
        })?;
        Ok((place, self.notices.subscribe()))
    }

    /// Ends when the service stops.
    pub(crate) async fn stopped(&self) {
        self.shutdown.requested().await;
    }
}
