//! Waits for the end of jobs with one query for all waiters.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sqlx::PgPool;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};
use uuid::Uuid;

/// The interval between two queries; it adds to the time that a job is in hand.
const EVERY: Duration = Duration::from_millis(5);
const LIMIT: Duration = Duration::from_secs(60);

type Waiting = Arc<Mutex<HashMap<Uuid, oneshot::Sender<String>>>>;

/// Notifies waiters of ended jobs.
pub(crate) struct Finished {
    waiting: Waiting,
    looking: JoinHandle<()>,
}

impl Finished {
    pub(crate) fn watch(pool: PgPool) -> Self {
        let waiting = Waiting::default();
        let looking = tokio::spawn(look(pool, Arc::clone(&waiting)));
        Self { waiting, looking }
    }

    /// Waits until a job is completed.
    ///
    /// # Errors
    /// If the job ends otherwise, or not within a minute.
    pub(crate) async fn completed(&self, job: Uuid) -> Result<()> {
        let (ended, status) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(job, ended);
        let status = timeout(LIMIT, status).await;
        let status = status.with_context(|| format!("job {job} has not ended in {LIMIT:?}"))?;
        match status.context("the task that reads the jobs has ended")?.as_str() {
            "completed" => Ok(()),
            other => bail!("job {job} ended as {other}"),
        }
    }
}

impl Drop for Finished {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

async fn look(pool: PgPool, waiting: Waiting) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let lock = || waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let jobs: Vec<Uuid> = lock().keys().copied().collect();
        if jobs.is_empty() {
            continue;
        }
        // A lookup per job uses the index: `= ANY` would read the whole table and disturb the measured load.
        let ended: Result<Vec<(Uuid, String)>, _> = sqlx::query_as(
            "SELECT job.* FROM unnest($1) AS wanted (id), LATERAL (
                SELECT id, status FROM jobs WHERE id = wanted.id
                    AND status IN ('completed', 'failed', 'cancelled', 'stuck') LIMIT 1) job",
        )
        .bind(jobs)
        .fetch_all(&pool)
        .await;
        // A failed query is repeated by the next tick; a waiter reports its own timeout.
        for (job, status) in ended.unwrap_or_default() {
            if let Some(waiter) = lock().remove(&job) {
                let _ = waiter.send(status);
            }
        }
    }
}
