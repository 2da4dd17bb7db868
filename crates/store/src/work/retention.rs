//! The retention of finished jobs: they are deleted with their journals once nothing needs them.

use std::time::Duration;

use crate::{
    Result, Store,
    statement::{execute, sql},
};

/// The most jobs that one statement deletes, so that none holds its locks for long.
const BATCH: u64 = 1000;

impl Store {
    /// Deletes the jobs that ended longer ago than `kept`, with their journals, and returns their number. A job
    /// stays while a dead letter about it is open.
    pub async fn purge_jobs(&self, kept: Duration) -> Result<u64> {
        let mut purged = 0;
        loop {
            let statement = sql(
                "WITH old AS MATERIALIZED (
                    SELECT id FROM finished_jobs job
                    WHERE finished_at < now() - $1 * interval '1 second'
                      AND NOT EXISTS (SELECT FROM dead_letters WHERE job_id = job.id AND status = 'open')
                    ORDER BY finished_at LIMIT $2),
                 journals AS (DELETE FROM job_steps WHERE job_id = ANY(ARRAY(SELECT id FROM old)))
                 DELETE FROM finished_jobs WHERE id = ANY(ARRAY(SELECT id FROM old))",
                [kept.as_secs_f64().into(), i64::try_from(BATCH).unwrap_or(i64::MAX).into()],
            );
            let deleted = execute(&self.db, statement).await?;
            purged += deleted;
            if deleted < BATCH {
                return Ok(purged);
            }
        }
    }
}
