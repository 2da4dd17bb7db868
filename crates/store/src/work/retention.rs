//! The retention of finished jobs: they leave with their journals once nothing needs them.

use std::time::Duration;

use serde_json::Value;

use crate::{
    BATCH_OF_OLD_ROWS as BATCH, Result, Tx,
    statement::{sql, values},
};

impl Tx {
    /// Deletes jobs that ended longer ago than `kept`, the oldest first, and returns them with their journals as `steps`.
    /// A job stays while a dead letter about it is open. Empty if there are none, or if other transactions take them.
    pub async fn take_old_jobs(&self, kept: Duration) -> Result<Vec<Value>> {
        let statement = sql(
            "WITH old AS MATERIALIZED (
                SELECT id FROM finished_jobs job
                WHERE finished_at < now() - $1 * interval '1 second'
                  AND NOT EXISTS (SELECT FROM dead_letters WHERE job_id = job.id AND status = 'open')
                ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED),
             steps AS (
                DELETE FROM job_steps WHERE job_id = ANY(ARRAY(SELECT id FROM old)) RETURNING *),
             journals AS (
                SELECT job_id, jsonb_agg(to_jsonb(steps) - 'job_id' ORDER BY position) AS journal FROM steps GROUP BY job_id),
             taken AS (
                DELETE FROM finished_jobs WHERE id = ANY(ARRAY(SELECT id FROM old)) RETURNING *)
             SELECT to_jsonb(taken) || jsonb_build_object('steps', coalesce(journal, '[]'))
             FROM taken LEFT JOIN journals ON job_id = id ORDER BY finished_at",
            [kept.as_secs_f64().into(), BATCH.into()],
        );
        values(&self.db, statement).await
    }
}
