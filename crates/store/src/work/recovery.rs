//! Recovery of jobs whose worker died or whose wake-up was lost: the engine's sweep.

use std::time::Duration;

use model::{ids::JobId, job::Queue};
use uuid::Uuid;

use crate::{
    Result, Store,
    statement::{sql, value, values},
};

/// The most rows that one sweep changes.
const BATCH: i64 = 500;

/// The result of a sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Number of leases taken back.
    pub taken_back: u64,
    /// Number of jobs woken again.
    pub woken: u64,
}

impl Store {
    /// Takes back expired leases. It raises the epoch, so that the former worker cannot write any more.
    pub async fn take_back(&self) -> Result<u64> {
        let tx = self.begin().await?;
        let statement = sql("SELECT * FROM job_take_back_v1($1)", [BATCH.into()]);
        let jobs: Vec<Uuid> = values(&tx.db, statement).await?;
        for job in &jobs {
            tx.changes.job((*job).into());
            tx.changes.outbox();
        }
        tx.commit().await?;
        Ok(jobs.len() as u64)
    }

    /// Wakes jobs again that have been ready for longer than `overdue_after`, because their wake-up was lost. Only one
    /// process at a time looks for them; another one finds none meanwhile.
    pub async fn wake_overdue(&self, overdue_after: Duration) -> Result<u64> {
        let statement = sql(
            "SELECT job_wake_overdue_v1($1, $2)",
            [overdue_after.as_secs_f64().into(), BATCH.into()],
        );
        let woken: i64 = value(&self.db, statement).await?.unwrap_or_default();
        if woken > 0 {
            self.announcer.outbox();
        }
        Ok(u64::try_from(woken).unwrap_or_default())
    }

    /// Jobs of these queues that have been ready for longer than `overdue_after`, `most` at most, the longest first.
    pub async fn overdue_jobs(
        &self,
        queues: &[Queue],
        overdue_after: Duration,
        most: usize,
    ) -> Result<Vec<JobId>> {
        let queues: Vec<_> = queues.iter().map(|queue| queue.as_str().to_owned()).collect();
        let statement = sql(
            "SELECT id FROM open_jobs WHERE id = ANY((SELECT jobs_overdue_v1($1, $2))::uuid[]) AND queue = ANY($3)
             ORDER BY due_at LIMIT $4",
            [
                overdue_after.as_secs_f64().into(),
                BATCH.into(),
                queues.into(),
                i64::try_from(most).unwrap_or(i64::MAX).into(),
            ],
        );
        let jobs: Vec<Uuid> = values(&self.db, statement).await?;
        Ok(jobs.into_iter().map(JobId::from).collect())
    }

    /// Runs [`Store::take_back`] and [`Store::wake_overdue`].
    pub async fn sweep(&self, overdue_after: Duration) -> Result<Swept> {
        let taken_back = self.take_back().await?;
        Ok(Swept { taken_back, woken: self.wake_overdue(overdue_after).await? })
    }
}
