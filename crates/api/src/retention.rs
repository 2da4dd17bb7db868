//! Deletes the rows whose retention is over: finished jobs, the audit log, answers under idempotency keys, and settled
//! dead letters.

mod archive;

use std::{path::PathBuf, time::Duration};

use chassis::{
    Shutdown,
    config::{Keys, Section},
};
use serde_json::Value;
use store::{Store, Tx};
use tokio::time::{MissedTickBehavior, interval};

use archive::Archive;

/// How long answers under idempotency keys and settled dead letters are kept. No caller repeats a call for that long.
const KEPT: Duration = days(30);
/// The time from one look for old rows to the next.
const PERIOD: Duration = Duration::from_secs(3600);

/// How long rows are kept.
#[derive(Clone, Debug)]
pub struct Retention {
    /// Days from a job's end, with its journal; 90 by default. A job stays for longer if a dead letter about it is open.
    pub job_days: u32,
    /// Days of the audit log; 400 by default, and 30 at least, because the database keeps younger rows in any case.
    pub audit_days: u32,
    /// The directory that gets finished jobs and rows of the audit log as JSON lines before they are deleted. `None`:
    /// they are deleted only.
    pub archive: Option<PathBuf>,
}

impl Section for Retention {
    fn read(keys: &mut Keys<'_>) -> Self {
        let archive: Option<PathBuf> = keys.optional("archive");
        if let Some(path) = archive.as_deref().filter(|path| !path.is_dir()) {
            let what = format!("is {}, which is not a directory", path.display());
            keys.refuse("archive", what, "create it, writable for this service alone");
        }
        Self {
            job_days: keys.number("job_days", 90, 1..=3650),
            audit_days: keys.number("audit_days", 400, 30..=36500),
            archive,
        }
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
        look(&store, &retention).await;
    }
}

/// Deletes what is old now.
async fn look(store: &Store, retention: &Retention) {
    let archive = |name| Archive::new(retention.archive.as_deref(), name);
    let jobs = Old::Jobs(days(retention.job_days));
    report("finished jobs", drain(store, jobs, archive("jobs")).await);
    let audit = Old::Audit(days(retention.audit_days));
    report("rows of the audit log", drain(store, audit, archive("audit")).await);
    let keys = store.purge_idempotency_keys(KEPT).await;
    report("answers under idempotency keys", keys.map_err(Into::into));
    report("settled dead letters", store.purge_dead_letters(KEPT).await.map_err(Into::into));
}

/// Rows that are older than this.
#[derive(Clone, Copy)]
enum Old {
    Jobs(Duration),
    Audit(Duration),
}

impl Old {
    /// Deletes a batch, and returns its rows.
    async fn take(self, tx: &Tx) -> store::Result<Vec<Value>> {
        match self {
            Self::Jobs(kept) => tx.take_old_jobs(kept).await,
            Self::Audit(kept) => tx.take_old_audit(kept).await,
        }
    }
}

/// Takes rows batch by batch until none are left. Each batch is in the archive before its deletion is committed; after
/// a crash in between, the archive has its rows twice.
async fn drain(store: &Store, old: Old, archive: Archive) -> anyhow::Result<u64> {
    let mut taken = 0;
    loop {
        let tx = store.begin().await?;
        let rows = old.take(&tx).await?;
        if rows.is_empty() {
            return Ok(taken);
        }
        taken += rows.len() as u64;
        archive.append(rows).await?;
        tx.commit().await?;
    }
}

fn report(rows: &str, deleted: anyhow::Result<u64>) {
    match deleted {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "deleted old {rows}"),
        Err(error) => {
            let error = format!("{error:#}");
            tracing::warn!(error, "old {rows} could not be deleted; the next try is in an hour")
        }
    }
}

#[cfg(test)]
mod tests {
    use chassis::config::{Telemetry, load_from};

    use super::*;

    /// A configuration with this section only.
    struct Whole(Retention, Telemetry);

    impl Section for Whole {
        fn read(keys: &mut Keys<'_>) -> Self {
            Self(keys.section("retention"), keys.section("telemetry"))
        }
    }

    impl chassis::config::Root for Whole {
        fn telemetry(&self) -> &Telemetry {
            &self.1
        }
    }

    #[test]
    fn an_archive_that_is_no_directory_is_refused_with_the_remedy() {
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").to_owned();
        let variables = [("PRAHO__RETENTION__ARCHIVE".to_owned(), here)].into();
        let loaded = load_from::<Whole>(None, variables).map(|it| it.0.job_days);
        let faults = loaded.unwrap_err().to_string();
        assert!(faults.contains("retention.archive") && faults.contains("create it"), "{faults}");
    }
}
