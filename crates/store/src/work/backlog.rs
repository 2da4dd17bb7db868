//! The backlog: the number and the age of unfinished jobs. An index of unfinished jobs gives both, so the cost
//! depends only on the remaining work.

use std::time::Duration;

use model::job::{JobStatus, Queue};
use sea_orm::FromQueryResult;

use crate::{
    Error, Result, Store,
    columns::{seconds, word},
    statement::{all, sql},
};

/// The unfinished jobs of one queue in one status.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unfinished {
    /// The queue.
    pub queue: Queue,
    /// The status.
    pub status: JobStatus,
    /// Their number.
    pub jobs: u64,
    /// How long ago the first of them was filed.
    pub oldest: Duration,
    /// How many are due and not claimed. They may still wait for their target or for their resource.
    pub due: u64,
    /// How long the first of those has waited, since it was filed or since it was due again.
    pub longest_wait: Duration,
}

impl Store {
    /// The unfinished jobs. A queue and status without jobs is left out.
    pub async fn unfinished_jobs(&self) -> Result<Vec<Unfinished>> {
        // A repeated wake-up moves `due_at`, so `due_at` does not show how long a job that never started has
        // waited.
        let statement = sql(
            "SELECT queue, status, count(*) AS jobs, extract(epoch FROM now() - min(created_at))::float8 AS oldest,
                count(*) FILTER (WHERE due) AS due,
                coalesce(extract(epoch FROM now() - min(since) FILTER (WHERE due)), 0)::float8 AS longest_wait
             FROM (SELECT queue, status, created_at,
                    CASE WHEN started_at IS NULL THEN created_at ELSE due_at END AS since,
                    due_at <= now() AND lease_owner IS NULL AND waiting_on IS NULL
                        AND status IN ('pending', 'unwinding') AS due
                FROM open_jobs) job
             GROUP BY queue, status",
            [],
        );
        all::<UnfinishedRow, _>(&self.db, statement).await
    }
}

#[derive(FromQueryResult)]
struct UnfinishedRow {
    queue: String,
    status: String,
    jobs: i64,
    oldest: f64,
    due: i64,
    longest_wait: f64,
}

impl TryFrom<UnfinishedRow> for Unfinished {
    type Error = Error;

    fn try_from(row: UnfinishedRow) -> Result<Self> {
        Ok(Self {
            queue: word("queue", row.queue)?,
            status: word("status", row.status)?,
            jobs: u64::try_from(row.jobs).unwrap_or_default(),
            oldest: seconds(row.oldest),
            due: u64::try_from(row.due).unwrap_or_default(),
            longest_wait: seconds(row.longest_wait),
        })
    }
}
