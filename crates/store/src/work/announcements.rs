//! Announces committed changes: to the relay of this process at once, to the watchers of jobs a little later.
//!
//! An announcement follows the commit and is not part of it, because PostgreSQL lets only one transaction with a
//! `NOTIFY` commit at a time. If the process dies in between, relays and watchers find the change with their next
//! look at the tables.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use model::ids::JobId;
use sea_orm::DatabaseConnection;
use tokio::{
    sync::{
        Notify,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    },
    time::{MissedTickBehavior, interval},
};
use uuid::Uuid;

use crate::statement::{execute, sql};

/// Notified with the id of each job that has changed, shortly after.
pub const CHANNEL: &str = "praho_jobs";

/// The shortest time between two notifications. People watch the progress, and a busy engine changes jobs
/// thousands of times a second.
const EVERY: Duration = Duration::from_millis(50);

/// Announces changes. Clones share the relay and the watchers.
#[derive(Clone, Debug)]
pub(crate) struct Announcer {
    outbox: Arc<Notify>,
    jobs: UnboundedSender<Uuid>,
}

/// What a transaction has changed so far.
#[derive(Debug, Default)]
pub(crate) struct Changes(Mutex<Changed>);

#[derive(Debug, Default)]
struct Changed {
    outbox: bool,
    jobs: BTreeSet<Uuid>,
}

impl Announcer {
    /// Makes an announcer that notifies the watchers of jobs over connections of `db`. Needs a runtime.
    pub(crate) fn new(db: DatabaseConnection) -> Self {
        let (jobs, changed) = unbounded_channel();
        tokio::spawn(notify(db, changed));
        Self { outbox: Arc::default(), jobs }
    }

    /// Announces a message in the outbox.
    pub(crate) fn outbox(&self) {
        self.outbox.notify_one();
    }

    /// Returns once something was written to the outbox since the last time that this returned.
    pub(crate) async fn outbox_written(&self) {
        self.outbox.notified().await;
    }

    /// A job has changed.
    pub(crate) fn job(&self, id: JobId) {
        // If there is no receiver, the process is about to end.
        let _ = self.jobs.send(id.uuid());
    }

    /// Announces the changes of a committed transaction.
    pub(crate) fn announce(&self, changes: Changes) {
        let changed = changes.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        if changed.outbox {
            self.outbox();
        }
        for id in changed.jobs {
            let _ = self.jobs.send(id);
        }
    }
}

impl Changes {
    pub(crate) fn outbox(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).outbox = true;
    }

    /// Adds the changes of `other`.
    pub(crate) fn add(&self, other: Self) {
        let other = other.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.outbox |= other.outbox;
        all.jobs.extend(other.jobs);
    }

    pub(crate) fn job(&self, id: JobId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).jobs.insert(id.uuid());
    }
}

async fn notify(db: DatabaseConnection, mut changed: UnboundedReceiver<Uuid>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while let Some(first) = changed.recv().await {
        ticks.tick().await;
        let mut jobs = BTreeSet::from([first]);
        while let Ok(next) = changed.try_recv() {
            jobs.insert(next);
        }
        let jobs: Vec<String> = jobs.iter().map(Uuid::to_string).collect();
        // This transaction writes nothing that a crash could lose.
        let statement = sql(
            "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, id) FROM unnest($2::text[]) id",
            [CHANNEL.into(), jobs.into()],
        );
        if let Err(error) = execute(&db, statement).await {
            tracing::debug!(%error, "the watchers of jobs were not notified");
        }
    }
}
