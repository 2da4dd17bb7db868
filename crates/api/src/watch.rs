//! Notices of changed jobs: one subscription to the database per process, shared by all watchers.

use std::time::Duration;

use chassis::Shutdown;
use model::{fault::Fault, ids::JobId};
use store::{Store, jobs::CHANNEL};
use tokio::{sync::broadcast, time::timeout};

use crate::shares::{Holder, Place, Shares};

/// Notices kept for a slow watcher. A watcher that falls further behind reads its job again.
const BACKLOG: usize = 1024;

/// How long a watcher waits for a place.
const PATIENCE: Duration = Duration::from_millis(100);
/// The pause before a new subscription.
const PAUSE: Duration = Duration::from_secs(1);

/// The job that may have changed; `None` for any job.
pub(crate) type Notice = Option<JobId>;

/// Passes the database's notices on to watchers. Clones share them.
#[derive(Clone)]
pub(crate) struct Watches {
    notices: broadcast::Sender<Notice>,
    places: Shares,
    /// The time after which a watch's token is looked up again.
    pub(crate) check: Duration,
    shutdown: Shutdown,
}

impl Watches {
    /// `most` watchers of one process at a time.
    pub(crate) fn new(most: usize, check: Duration, shutdown: Shutdown) -> Self {
        let places = Shares::new("watched jobs", most, PATIENCE);
        Self { notices: broadcast::Sender::new(BACKLOG), places, check, shutdown }
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
    /// `RateLimited` when the token, its tenant or the process has its maximum of watchers.
    pub(crate) async fn subscribe(
        &self,
        holder: Holder,
    ) -> Result<(Place, broadcast::Receiver<Notice>), Fault> {
        let place = self.places.take(holder).await?;
        Ok((place, self.notices.subscribe()))
    }

    /// Returns when the service stops.
    pub(crate) async fn stopped(&self) {
        self.shutdown.requested().await;
    }
}
