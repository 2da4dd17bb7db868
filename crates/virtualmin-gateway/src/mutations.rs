//! Makes a change in the turn of its server, and only for a job that may make it.
//!
//! Virtualmin has lost data under parallel writes, and works on after its caller has gone. So a change runs
//! to its end in a task of its own, and a change of unknown outcome keeps the next one waiting for a while.

use std::{sync::Arc, time::Duration};

use model::{
    fault::{Effect, Fault, FaultKind},
    ids::ServerId,
    job::Lane,
};
use store::Store;
use tokio::time::{Instant, interval, interval_at};
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use uuid::Uuid;

use crate::{
    fence::{Fence, Fences},
    servers::Server,
    settings::Live,
    turns::Full,
};

/// How long a server stays locked, at the least, after the last sign of life of this process.
const LEASE: Duration = Duration::from_secs(15);
/// The pause before the caller's retry while another gateway changes the server.
const BUSY_PAUSE: Duration = Duration::from_secs(5);
/// The pause before another try to unlock a server, after a fault of the store.
const GIVE_BACK_PAUSE: Duration = Duration::from_secs(1);

/// A change, and what decides when its turn comes.
pub(crate) struct Queued {
    pub(crate) fence: Fence,
    pub(crate) lane: Lane,
    /// How many changes the server takes at a time.
    pub(crate) slots: u32,
}

/// Runs changes. Clones share the list of running ones.
#[derive(Clone)]
pub(crate) struct Mutations {
    store: Store,
    fences: Fences,
    settings: Live,
    running: TaskTracker,
}

impl Mutations {
    /// Changes through `store`, under the judgement of `fences`.
    pub(crate) fn new(store: Store, fences: Fences, settings: Live) -> Self {
        Self { store, fences, settings, running: TaskTracker::new() }
    }

    /// Runs `work` in its turn. The change runs on if the caller disconnects.
    ///
    /// # Errors
    /// `RateLimited` or `Busy` when other changes have all turns, and nothing was done; those of [`Fences::check`]; the faults of `work`; faults
    /// of the store.
    pub(crate) async fn run<T, W>(
        &self,
        server: Arc<Server>,
        queued: Queued,
        deadline: Instant,
        work: impl FnOnce(Arc<Server>) -> W + Send + 'static,
    ) -> Result<T, Fault>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, Fault>> + Send,
    {
        let this = self.clone();
        let task = async move { this.in_turn(server, queued, deadline, work).await };
        self.running.spawn(task.in_current_span()).await.unwrap_or_else(|error| {
            Err(Fault::internal(format!("a change panicked: {error}")).with_effect(Effect::Unknown))
        })
    }

    /// Waits for the running changes; no new one can start after that.
    pub(crate) async fn finish(&self) {
        self.running.close();
        self.running.wait().await;
    }

    async fn in_turn<T, W>(
        &self,
        server: Arc<Server>,
        queued: Queued,
        deadline: Instant,
        work: impl FnOnce(Arc<Server>) -> W + Send,
    ) -> Result<T, Fault>
    where
        T: Send,
        W: Future<Output = Result<T, Fault>> + Send,
    {
        let Queued { fence, lane, slots } = queued;
        let most = self.settings.now().max_waiting;
        let turn = server.turns.take(lane, slots, most, deadline).await;
        let _turn = turn.map_err(|Full(wait)| crowded(wait))?;
        let holder = Uuid::new_v4();
        if !self.store.take_turn(server.id, slots, holder, self.lease()).await? {
            return Err(busy("the server is being changed by others"));
        }
        // Checked last, because the job can lose its lease, and a person can protect the account, while it waits for the
        // turn.
        let result = match self.fences.check(&fence).await {
            Ok(_) => tokio::select! {
                result = work(server.clone()) => result,
                never = self.keep(server.id, holder) => never,
            },
            Err(refused) => Err(refused),
        };
        let unknown = matches!(&result, Err(fault) if fault.effect == Effect::Unknown);
        self.give_back(server.id, holder, unknown).await;
        result
    }

    /// How long a server takes no change after one of unknown outcome.
    fn settle(&self) -> Duration {
        Duration::from_secs(self.settings.now().settle_seconds)
    }

    /// If this process dies, the panel may work on in the background: the lock then lasts at least as long as
    /// settling.
    fn lease(&self) -> Duration {
        self.settle().max(LEASE)
    }

    /// Renews the lock of a server, for as long as the caller awaits it.
    async fn keep<T>(&self, server: ServerId, holder: Uuid) -> T {
        let mut ticks = interval_at(Instant::now() + LEASE / 3, LEASE / 3);
        loop {
            ticks.tick().await;
            match self.store.keep_turn(server, holder, self.lease()).await {
                Ok(true) => {}
                Ok(false) => tracing::warn!(server.id = %server, "another gateway took the server"),
                Err(error) => tracing::warn!(server.id = %server, %error, "cannot hold the server"),
            }
        }
    }

    /// Unlocks the server for the next change. While the panel may still be at work, the lock stays until it
    /// has settled. If the store cannot be reached, this process keeps its own turn until then.
    async fn give_back(&self, server: ServerId, holder: Uuid, unknown: bool) {
        let rested = Instant::now() + self.settle();
        let mut tries = interval(GIVE_BACK_PAUSE);
        loop {
            tries.tick().await;
            let given = if unknown {
                self.store.settle_turn(server, holder, self.settle()).await
            } else {
                self.store.end_turn(server, holder).await
            };
            match given {
                Ok(()) => return,
                Err(error) if Instant::now() >= rested => {
                    return tracing::warn!(server.id = %server, %error, "cannot give the server back");
                }
                Err(_) => {}
            }
        }
    }
}

/// The fault of a change that would wait too long.
fn crowded(wait: Duration) -> Fault {
    let message = "too many changes of the server wait, or its turn would come too late";
    Fault::new(FaultKind::RateLimited, message).retry_after(wait.max(BUSY_PAUSE))
}

fn busy(message: &str) -> Fault {
    Fault::new(FaultKind::Busy, message).retry_after(BUSY_PAUSE)
}
