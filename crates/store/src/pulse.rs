//! How the whole is doing, in numbers of whole tables: each comes from an index that holds only what is open,
//! so it costs as much as there is left to do, however much has been done.

use std::time::Duration;

use model::job::{JobStatus, Queue};
use sea_orm::ConnectionTrait;

use crate::{Result, Store, entity::word, sql};

/// The unfinished jobs of one queue in one status.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unfinished {
    /// The queue.
    pub queue: Queue,
    /// The status.
    pub status: JobStatus,
    /// How many there are.
    pub jobs: u64,
    /// How long ago the first of them was filed.
    pub oldest: Duration,
    /// How many are due and in nobody's hands. They may still wait for their target or for what they must hold.
    pub due: u64,
    /// How long the first of those has waited: since it was filed, or since it was due again.
    pub longest_wait: Duration,
}

impl Store {
    /// The jobs that have not ended; what there is none of is left out.
    pub async fn unfinished_jobs(&self) -> Result<Vec<Unfinished>> {
        // Whoever wakes a job again moves `due_at`, so it says little of a job that never started.
        let statement = sql(
            "SELECT queue, status, count(*) AS jobs, extract(epoch FROM now() - min(created_at))::float8 AS oldest,
                count(*) FILTER (WHERE due) AS due,
                coalesce(extract(epoch FROM now() - min(since) FILTER (WHERE due)), 0)::float8 AS longest_wait
             FROM (SELECT queue, status, created_at,
                    CASE WHEN started_at IS NULL THEN created_at ELSE due_at END AS since,
                    due_at <= now() AND lease_owner IS NULL AND waiting_on IS NULL
                        AND status IN ('pending', 'unwinding') AS due
                FROM jobs WHERE status NOT IN ('completed', 'failed', 'cancelled')) job
             GROUP BY queue, status",
            [],
        );
        let rows = self.db.query_all_raw(statement).await?;
        rows.iter()
            .map(|row| {
                let seconds = |it: f64| Duration::try_from_secs_f64(it).unwrap_or_default();
                let (jobs, due): (i64, i64) = (row.try_get("", "jobs")?, row.try_get("", "due")?);
                Ok(Unfinished {
                    queue: word("queue", row.try_get("", "queue")?)?,
                    status: word("status", row.try_get("", "status")?)?,
                    jobs: u64::try_from(jobs).unwrap_or_default(),
                    oldest: seconds(row.try_get("", "oldest")?),
                    due: u64::try_from(due).unwrap_or_default(),
                    longest_wait: seconds(row.try_get("", "longest_wait")?),
                })
            })
            .collect()
    }
}
