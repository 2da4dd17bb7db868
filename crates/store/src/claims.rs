//! How a worker takes a job, keeps it, and lets it go; every write is guarded by the epoch.

use std::time::Duration;

use model::{
    fault::Fault,
    ids::JobId,
    job::{Job, JobEvent, JobStatus, NewJob},
};
use sea_orm::{ConnectionTrait, Value};

use crate::{
    Error, Result, Store, Tx,
    jobs::{fault_value, read_job},
    sql,
};

/// What came of asking for a job.
#[derive(Debug)]
pub enum Claim {
    /// It is ours until the lease ends.
    Taken(Box<Job>),
    /// Someone has it, it is not its turn, or it is done. Whoever frees it wakes the next.
    NotNow,
    /// There is no such job.
    Missing,
}

/// A claimed job: who holds this and the same epoch as the row may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The job.
    pub job: JobId,
    /// The claim that it was taken under.
    pub epoch: i64,
}

impl Store {
    /// Takes a job if it is ready and what it must hold is free: one statement.
    pub async fn claim(&self, id: JobId, owner: &str, lease: Duration) -> Result<Claim> {
        let statement = sql(
            "WITH claimed AS (
                UPDATE jobs job SET
                    status = CASE status WHEN 'pending' THEN 'running' ELSE status END,
                    lease_owner = $2, lease_until = now() + $3 * interval '1 second',
                    epoch = epoch + 1, attempts = attempts + 1,
                    started_at = coalesce(started_at, now())
                WHERE id = $1 AND job_ready(job) AND job_served(job)
                RETURNING job.*),
             held AS (
                INSERT INTO resource_holds (job_id, resource)
                SELECT id, resource FROM claimed WHERE resource IS NOT NULL)
             SELECT * FROM claimed",
            [id.uuid().into(), owner.into(), lease.as_secs_f64().into()],
        );
        match self.db.query_one_raw(statement).await.map_err(Error::from) {
            Ok(Some(row)) => return Ok(Claim::Taken(Box::new(read_job(&row)?))),
            Ok(None) => {}
            // Someone was quicker: at the target, or at the resource.
            Err(Error::Taken { .. } | Error::Refused { .. }) => return Ok(Claim::NotNow),
            Err(error) => return Err(error),
        }
        let known = sql("SELECT FROM jobs WHERE id = $1", [id.uuid().into()]);
        let known = self.db.query_one_raw(known).await?.is_some();
        Ok(if known { Claim::NotNow } else { Claim::Missing })
    }

    /// Keeps a job for another `lease`; says whether someone wants it cancelled.
    pub async fn renew(&self, hold: Hold, lease: Duration) -> Result<bool> {
        let statement = sql(
            "UPDATE jobs SET lease_until = now() + $3 * interval '1 second'
             WHERE id = $1 AND epoch = $2 AND lease_owner IS NOT NULL
             RETURNING cancel_requested",
            [hold.job.uuid().into(), hold.epoch.into(), lease.as_secs_f64().into()],
        );
        let row = self.db.query_one_raw(statement).await?.ok_or(Error::LeaseLost)?;
        Ok(row.try_get("", "cancel_requested")?)
    }

    /// Lets the lease end now, as a worker does that cannot go on; the sweeper takes the job back.
    pub async fn abandon(&self, hold: Hold) -> Result<()> {
        let statement = sql(
            "UPDATE jobs SET lease_until = now() WHERE id = $1 AND epoch = $2 AND lease_owner IS NOT NULL",
            [hold.job.uuid().into(), hold.epoch.into()],
        );
        self.db.execute_raw(statement).await?;
        Ok(())
    }

    /// Makes a job that is to be tried later due now, for who does not want to wait.
    pub async fn hurry(&self, job: JobId) -> Result<()> {
        let statement = sql(
            "UPDATE jobs SET due_at = now() WHERE id = $1 AND lease_owner IS NULL AND due_at > now()",
            [job.uuid().into()],
        );
        self.db.execute_raw(statement).await?;
        Ok(())
    }

    /// A fault that may pass: the job is due again after `wait`, going the way it went.
    pub async fn retry_later(&self, hold: Hold, fault: &Fault, wait: Duration) -> Result<()> {
        let tx = self.begin().await?;
        tx.let_go(
            hold,
            "status = CASE status WHEN 'running' THEN 'pending' ELSE status END,
             due_at = now() + $3 * interval '1 second', fault = $4",
            [wait.as_secs_f64().into(), fault_value(fault)],
        )
        .await?;
        tx.wake(hold.job, wait).await?;
        tx.commit().await
    }

    /// Gives a job back untouched, as a worker does that is told to stop: it costs no attempt.
    pub async fn give_back(&self, hold: Hold) -> Result<()> {
        let tx = self.begin().await?;
        tx.let_go(
            hold,
            "status = CASE status WHEN 'running' THEN 'pending' ELSE status END,
             due_at = now(), attempts = greatest(attempts - 1, 0)",
            [],
        )
        .await?;
        tx.wake(hold.job, Duration::ZERO).await?;
        tx.commit().await
    }

    /// A fault for good: the job is to be undone by who holds it.
    pub async fn fail(&self, hold: Hold, fault: &Fault) -> Result<()> {
        let statement = sql(
            "UPDATE jobs SET status = 'unwinding', attempts = 0, fault = $3
             WHERE id = $1 AND epoch = $2 AND status = 'running' AND lease_owner IS NOT NULL",
            [hold.job.uuid().into(), hold.epoch.into(), fault_value(fault)],
        );
        match self.db.execute_raw(statement).await?.rows_affected() {
            0 => Err(Error::LeaseLost),
            _ => Ok(()),
        }
    }
}

impl Tx {
    /// Files `child` and lets the job wait for it: going forward as `waiting`, going back as it is.
    pub async fn wait_for(&self, hold: Hold, child: &NewJob) -> Result<()> {
        self.file_job(child).await?;
        self.wait_for_filed(hold, child.id).await?;
        Ok(())
    }

    /// Lets the job wait for a child that is filed already. `false`, and nothing changed: it has ended.
    pub async fn wait_for_filed(&self, hold: Hold, child: JobId) -> Result<bool> {
        // The lock holds the child's end back until our waiting is seen.
        let ended = sql(
            "SELECT status IN ('completed', 'failed', 'cancelled') AS ended FROM jobs WHERE id = $1 FOR SHARE",
            [child.uuid().into()],
        );
        let ended = self.db.query_one_raw(ended).await?.map(|row| row.try_get("", "ended"));
        if ended.transpose()?.unwrap_or(true) {
            return Ok(false);
        }
        self.let_go(
            hold,
            "status = CASE status WHEN 'running' THEN 'waiting' ELSE status END,
             waiting_on = $3, attempts = greatest(attempts - 1, 0)",
            [child.uuid().into()],
        )
        .await?;
        Ok(true)
    }

    /// Ends a job: `Complete`, `UnwoundFailed`, `UnwoundCancelled` or `GiveUp`. Wakes whoever waited
    /// for it, for its target or for what it held.
    pub async fn end(&self, hold: Hold, from: JobStatus, event: JobEvent) -> Result<()> {
        let to = from.after(event).map_err(|it| Error::Internal(it.to_string()))?;
        self.let_go(
            hold,
            "status = $3, finished_at = CASE WHEN $4 THEN now() END",
            [to.as_str().into(), to.is_final().into()],
        )
        .await?;
        if to.is_final() {
            let statement = sql(
                "WITH parent AS (
                    UPDATE jobs SET waiting_on = NULL, due_at = now(),
                        status = CASE status WHEN 'waiting' THEN 'pending' ELSE status END
                    WHERE waiting_on = $1 RETURNING jobs.*),
                 next AS (
                    SELECT * FROM jobs
                    WHERE target = (SELECT target FROM jobs WHERE id = $1) AND status = 'pending'
                      AND id <> $1 AND due_at <= now()
                    ORDER BY seq LIMIT 1)
                 SELECT job_wake(parent::jobs) FROM parent
                 UNION ALL SELECT job_wake(next::jobs) FROM next",
                [hold.job.uuid().into()],
            );
            self.db.query_all_raw(statement).await?;
        }
        Ok(())
    }

    /// Ends the lease and what was held with it, and sets what `assignments` say (`$3`, …).
    async fn let_go<const N: usize>(
        &self,
        hold: Hold,
        assignments: &str,
        values: [Value; N],
    ) -> Result<()> {
        let mut all: Vec<Value> = vec![hold.job.uuid().into(), hold.epoch.into()];
        all.extend(values);
        let statement = sea_orm::Statement::from_sql_and_values(
            sea_orm::DbBackend::Postgres,
            format!(
                "UPDATE jobs SET lease_owner = NULL, lease_until = NULL, {assignments}
                 WHERE id = $1 AND epoch = $2 AND lease_owner IS NOT NULL"
            ),
            all,
        );
        if self.db.execute_raw(statement).await?.rows_affected() == 0 {
            return Err(Error::LeaseLost);
        }
        let freed = sql(
            "WITH freed AS (DELETE FROM resource_holds WHERE job_id = $1 RETURNING resource)
             SELECT resource FROM freed",
            [hold.job.uuid().into()],
        );
        // A statement of its own: the next for the resource is to see that it is free.
        if let Some(row) = self.db.query_one_raw(freed).await? {
            let resource: String = row.try_get("", "resource")?;
            self.db.query_all_raw(sql("SELECT job_wake_next($1)", [resource.into()])).await?;
        }
        Ok(())
    }

    async fn wake(&self, job: JobId, pause: Duration) -> Result<()> {
        let statement = sql(
            "SELECT job_wake(job, $2 * interval '1 second') FROM jobs job WHERE id = $1",
            [job.uuid().into(), pause.as_secs_f64().into()],
        );
        self.db.query_all_raw(statement).await?;
        Ok(())
    }
}
