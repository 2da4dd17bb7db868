//! Watching jobs: one subscription to the database for the process, and each watcher looks again when
//! its job may have changed.

use std::{sync::Arc, time::Duration};

use chassis::Shutdown;
use contracts::provisioning::v1;
use futures_util::{Stream, stream};
use model::{
    fault::{Fault, FaultKind},
    ids::JobId,
};
use store::{Store, jobs::CHANNEL};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, broadcast},
    time::timeout,
};

use crate::handlers::{Api, Caller, jobs};

/// The most watchers of one process.
const MAX_WATCHERS: usize = 1000;
/// Notices kept for a slow watcher; one that falls further behind just looks again.
const BACKLOG: usize = 1024;
/// How long a watcher goes without a look, should a notice be lost.
const PERIOD: Duration = Duration::from_secs(15);

/// How long to wait before listening again.
const PAUSE: Duration = Duration::from_secs(1);

/// What may have changed: one job, or any of them.
type Notice = Option<JobId>;

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
}

/// The job as it is, then each change, until it is final, or the service stops.
///
/// # Errors
///
/// Before the first message: no such job, or too many watchers.
pub(crate) async fn watch(
    api: Api,
    caller: Caller,
    id: JobId,
) -> Result<impl Stream<Item = Result<v1::Job, Fault>> + Send + 'static, Fault> {
    let place = api.watches.free.clone().try_acquire_owned().map_err(|_| {
        Fault::new(FaultKind::RateLimited, "too many jobs are being watched; read this one instead")
            .retry_after(PERIOD)
    })?;
    // Subscribed before the first look, so that no change falls between the two.
    let notices = api.watches.notices.subscribe();
    jobs::find(&api, &caller, id).await?;
    let watcher = Watcher { api, caller, id, notices, last: None, ended: false, _place: place };
    Ok(stream::unfold(watcher, |mut watcher| async {
        let next = watcher.next().await?;
        Some((next, watcher))
    }))
}

/// One who watches one job.
struct Watcher {
    api: Api,
    caller: Caller,
    id: JobId,
    notices: broadcast::Receiver<Notice>,
    last: Option<v1::Job>,
    ended: bool,
    _place: OwnedSemaphorePermit,
}

impl Watcher {
    /// The next thing to tell; nothing after a final status or a fault.
    async fn next(&mut self) -> Option<Result<v1::Job, Fault>> {
        while !self.ended {
            if self.last.is_some() && !self.may_have_changed().await {
                return None;
            }
            match self.look().await {
                Ok(job) if self.last.as_ref() == Some(&job) => {}
                Ok(job) => {
                    self.last = Some(job.clone());
                    return Some(Ok(job));
                }
                Err(fault) => {
                    self.ended = true;
                    return Some(Err(fault));
                }
            }
        }
        None
    }

    async fn look(&mut self) -> Result<v1::Job, Fault> {
        let job = jobs::find(&self.api, &self.caller, self.id).await?;
        self.ended = job.status.is_final();
        jobs::whole(&self.api.store, &job).await
    }

    /// Waits for a reason to look again; `false` if the service stops.
    async fn may_have_changed(&mut self) -> bool {
        let watches = self.api.watches.clone();
        tokio::select! {
            () = watches.shutdown.requested() => false,
            // Out of time, or noticed: either way it is time to look.
            _ = timeout(PERIOD, self.noticed()) => true,
        }
    }

    async fn noticed(&mut self) {
        loop {
            match self.notices.recv().await {
                Ok(Some(id)) if id != self.id => {}
                // The sender lives in `api`, so what is left is a notice, or too many of them.
                Ok(_) | Err(_) => return,
            }
        }
    }
}
