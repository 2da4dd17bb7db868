//! Notices of changed jobs: one subscription to the database per process, shared by all watchers.

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

/// Watchers of one process at a time.
const MAX_WATCHERS: usize = 1000;
/// Notices kept for a slow watcher. A watcher that falls further behind reads its job again.
const BACKLOG: usize = 1024;

/// The time after which to retry when all places are taken.
const RETRY: Duration = Duration::from_secs(15);
/// The pause before a new subscription.
const PAUSE: Duration = Duration::from_secs(1);

/// The job that may have changed; `None` for any job.
pub(crate) type Notice = Option<JobId>;

/// Passes the database's notices on to watchers. Clones share them.
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

    /// Listens to the database until a stop is requested.
    pub(crate) async fn listen(self, store: Store) -> anyhow::Result<()> {
        while !self.shutdown.is_requested() {
            let lost = tokio::select! {
                lost = self.hand_on(&store) => lost,
                () = self.shutdown.requested() => break,
            };
            tracing::warn!(error = %lost, "cannot listen for changes of jobs: trying again");
            let _ = timeout(PAUSE, self.shutdown.requested()).await;
        }
        Ok(())
    }

    /// Passes notices on until the subscription fails; returns the error.
    async fn hand_on(&self, store: &Store) -> store::Error {
        let mut notifications = match store.listen(&[CHANNEL]).await {
            Ok(notifications) => notifications,
            Err(error) => return error,
        };
        // Any job may have changed before. Sending fails only without watchers, which is no error.
        let _ = self.notices.send(None);
        loop {
            match notifications.next().await {
                // A notification without an id follows a lost connection: any job may have changed meanwhile.
                Ok(notification) => _ = self.notices.send(notification.payload.parse().ok()),
                Err(error) => return error,
            }
        }
    }

    /// A place for one more watcher, and the notices from this moment.
    ///
    /// # Errors
    ///
    /// `RateLimited` when the process has its maximum of watchers.
    pub(crate) fn subscribe(
        &self,
    ) -> Result<(OwnedSemaphorePermit, broadcast::Receiver<Notice>), Fault> {
        let place = self.free.clone().try_acquire_owned().map_err(|_| {
            let remedy = "too many jobs are being watched; read this one instead";
            Fault::new(FaultKind::RateLimited, remedy).retry_after(RETRY)
        })?;
        Ok((place, self.notices.subscribe()))
    }

    /// Returns when the service stops.
    pub(crate) async fn stopped(&self) {
        self.shutdown.requested().await;
    }
}
