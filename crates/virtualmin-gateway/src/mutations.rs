//! One change of a server at a time, and only for the job that still holds its lease.
//!
//! Virtualmin has lost data under parallel writes, and goes on working when its caller is gone. So a
//! change runs to its end in a task of its own, and after an unknown outcome the server is given time.

use std::{sync::Arc, time::Duration};

use model::{
    fault::{Effect, Fault, FaultKind},
    ids::{JobId, ServerId},
};
use store::Store;
use tokio::time::{Instant, interval, interval_at, timeout_at};
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use uuid::Uuid;

use crate::servers::Server;

/// How long a server is ours without a sign of life from us, at the least.
const LEASE: Duration = Duration::from_secs(15);
/// When to come again where another gateway is changing the server.
const BUSY_PAUSE: Duration = Duration::from_secs(5);
/// How long to wait before a server is given back once more, after a fault of the store.
const GIVE_BACK_PAUSE: Duration = Duration::from_secs(1);

/// What lets a job change a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fence {
    /// The job.
    pub(crate) job: JobId,
    /// The claim that it acts under.
    pub(crate) epoch: i64,
}

/// Runs changes. Clones share the list of those under way.
#[derive(Clone)]
pub(crate) struct Mutations {
    store: Store,
    settle: Duration,
    /// This process, to the others: what it holds of a server it may take again, should it have failed to give
    /// it back.
    holder: Uuid,
    running: TaskTracker,
}

impl Mutations {
    /// Changes that leave a server alone for `settle` after an unknown outcome.
    pub(crate) fn new(store: Store, settle: Duration) -> Self {
        Self { store, settle, holder: Uuid::new_v4(), running: TaskTracker::new() }
    }

    /// Runs `work` when it is its turn. A caller who goes away does not stop it half way.
    ///
    /// # Errors
    /// `Busy` where another change or another holder of the job is in the way, and nothing was done;
    /// what `work` answers; faults of the store.
    pub(crate) async fn run<T, W>(
        &self,
        server: Arc<Server>,
        fence: Fence,
        deadline: Instant,
        work: impl FnOnce(Arc<Server>) -> W + Send + 'static,
    ) -> Result<T, Fault>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, Fault>> + Send,
    {
        let this = self.clone();
        let task = async move { this.in_turn(server, fence, deadline, work).await };
        self.running.spawn(task.in_current_span()).await.unwrap_or_else(|error| {
            Err(Fault::internal(format!("a change panicked: {error}")).with_effect(Effect::Unknown))
        })
    }

    /// Waits for the changes under way, after which no new one may be started.
    pub(crate) async fn finish(&self) {
        self.running.close();
        self.running.wait().await;
    }

    async fn in_turn<T, W>(
        &self,
        server: Arc<Server>,
        fence: Fence,
        deadline: Instant,
        work: impl FnOnce(Arc<Server>) -> W + Send,
    ) -> Result<T, Fault>
    where
        T: Send,
        W: Future<Output = Result<T, Fault>> + Send,
    {
        let turn = timeout_at(deadline, server.turn.acquire()).await;
        let _turn = turn.map_err(|_| busy("the server is being changed by others"))?;
        if !self.store.take_mutation(server.id, self.holder, self.lease()).await? {
            return Err(busy("the server is being changed by others"));
        }
        // Asked last, since waiting for the turn takes the time in which a lease is lost.
        let result = match self.store.holds_lease(fence.job, fence.epoch).await {
            Ok(true) => tokio::select! {
                result = work(server.clone()) => result,
                never = self.keep(server.id) => never,
            },
            Ok(false) => Err(Fault::new(FaultKind::Busy, "the job is in other hands")),
            Err(error) => Err(error.into()),
        };
        let unknown = matches!(&result, Err(fault) if fault.effect == Effect::Unknown);
        self.give_back(server.id, unknown).await;
        result
    }

    /// Should this process die, the panel may go on in the background: the server then gets its time to settle.
    fn lease(&self) -> Duration {
        self.settle.max(LEASE)
    }

    /// Prolongs our hold on a server, for as long as it is awaited.
    async fn keep<T>(&self, server: ServerId) -> T {
        let mut ticks = interval_at(Instant::now() + LEASE / 3, LEASE / 3);
        loop {
            ticks.tick().await;
            match self.store.take_mutation(server, self.holder, self.lease()).await {
                Ok(true) => {}
                Ok(false) => tracing::warn!(server.id = %server, "another gateway took the server"),
                Err(error) => tracing::warn!(server.id = %server, %error, "cannot hold the server"),
            }
        }
    }

    /// Lets the next change in, unless the panel may still be at work on this one. Where nobody can be told, our
    /// own turn lasts until the server has come to rest.
    async fn give_back(&self, server: ServerId, unknown: bool) {
        let rested = Instant::now() + self.settle;
        let mut tries = interval(GIVE_BACK_PAUSE);
        loop {
            tries.tick().await;
            let given = if unknown {
                self.store.settle_mutation(server, self.holder, self.settle).await
            } else {
                self.store.release_mutation(server, self.holder).await
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

fn busy(message: &str) -> Fault {
    Fault::new(FaultKind::Busy, message).retry_after(BUSY_PAUSE)
}
