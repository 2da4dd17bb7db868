//! One change of a server at a time, and only for the job that still holds its lease.
//!
//! Virtualmin has lost data under parallel writes, and goes on working when its caller is gone. So a
//! change runs to its end in a task of its own, and after an unknown outcome the server is given time.

use std::{sync::Arc, time::Duration};

use model::{
    fault::{Effect, Fault, FaultKind},
    ids::JobId,
};
use store::Store;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use uuid::Uuid;

use crate::servers::Server;

/// When to come again where another gateway is changing the server.
const BUSY_PAUSE: Duration = Duration::from_secs(5);

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
    running: TaskTracker,
}

impl Mutations {
    /// Changes that leave a server alone for `settle` after an unknown outcome.
    pub(crate) fn new(store: Store, settle: Duration) -> Self {
        Self { store, settle, running: TaskTracker::new() }
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
        let holder = Uuid::new_v4();
        // Should this process die, the panel may go on for as long as it was given, and a little.
        let lease = deadline.saturating_duration_since(Instant::now()) + self.settle;
        if !self.store.take_mutation(server.id, holder, lease).await? {
            return Err(busy("the server is being changed by others"));
        }
        // Asked last, since waiting for the turn takes the time in which a lease is lost.
        let result = match self.store.holds_lease(fence.job, fence.epoch).await {
            Ok(true) => work(server.clone()).await,
            Ok(false) => Err(Fault::new(FaultKind::Busy, "the job is in other hands")),
            Err(error) => Err(error.into()),
        };
        let unknown = matches!(&result, Err(fault) if fault.effect == Effect::Unknown);
        self.give_back(&server, holder, unknown).await;
        result
    }

    /// Lets the next change in, unless the panel may still be at work on this one.
    async fn give_back(&self, server: &Server, holder: Uuid, unknown: bool) {
        let given = if unknown {
            self.store.take_mutation(server.id, holder, self.settle).await.map(drop)
        } else {
            self.store.release_mutation(server.id, holder).await
        };
        if let Err(error) = given {
            // It lapses by itself.
            tracing::warn!(server.id = %server.id, %error, "cannot give the server's turn back");
        }
    }
}

fn busy(message: &str) -> Fault {
    Fault::new(FaultKind::Busy, message).retry_after(BUSY_PAUSE)
}
