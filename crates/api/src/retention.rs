//! Deletes the rows whose retention is over: finished jobs, answers under idempotency keys, and settled dead letters.

use std::time::Duration;

use chassis::{
    Shutdown,
    config::{Keys, Section},
};
use store::Store;
use tokio::time::{MissedTickBehavior, interval};

/// How long answers under idempotency keys and settled dead letters are kept. No caller repeats a call for that long.
const KEPT: Duration = days(30);
/// The time from one look for old rows to the next.
const PERIOD: Duration = Duration::from_secs(3600);

/// How long rows are kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Days from a job's end, with its journal; 90 by default. A job stays for longer if a dead letter about it is open.
    pub job_days: u32,
}

impl Section for Retention {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self { job_days: keys.number("job_days", 90, 1..=3650) }
    }
}

const fn days(days: u32) -> Duration {
    Duration::from_secs(days as u64 * 24 * 3600)
}

/// Deletes old rows every hour until a stop is requested.
pub(crate) async fn run(
    store: Store,
    retention: Retention,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = shutdown.requested() => return Ok(()),
        }
        report("finished jobs", store.purge_jobs(days(retention.job_days)).await);
        report("answers under idempotency keys", store.purge_idempotency_keys(KEPT).await);
        report("settled dead letters", store.purge_dead_letters(KEPT).await);
    }
}

fn report(rows: &str, deleted: store::Result<u64>) {
    match deleted {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "deleted old {rows}"),
        Err(error) => {
            tracing::warn!(%error, "old {rows} could not be deleted; the next try is in an hour")
        }
    }
}
