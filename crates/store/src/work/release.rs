//! Releases a job that has not ended: to hold it for a later retry, to wait for a child, or to undo it.

use std::time::Duration;

use model::{fault::Fault, ids::JobId, job::NewJob};
use sea_orm::{DbBackend, Statement, Value};

use super::claims::Hold;
use crate::{
    Error, Result, Store, Tx,
    columns::document,
    statement::{execute, is_there, sql, value},
};

impl Store {
    /// Holds a job after a transient fault: releases it, due again after `wait`, to continue forward or back as before.
    /// The journal keeps the fault with `step`; the job's own fault stays the one that made it fail, once it has.
    ///
    /// `false`, and nothing changes, if the first failed try of its step was longer ago than `patience`; `None` waits for
    /// ever. A fault out of turn costs no attempt and is no outage, so it is waited for in any case.
    pub async fn hold_job(
        &self,
        hold: Hold,
        step: Option<&str>,
        fault: &Fault,
        wait: Duration,
        patience: Option<Duration>,
    ) -> Result<bool> {
        let patience = patience.filter(|_| !fault.is_out_of_turn()).map(|it| it.as_secs_f64());
        let tx = self.begin().await?;
        // Before any row is locked, as in a claim.
        tx.take_turns(hold.job).await?;
        if let Some(patience) = patience {
            let statement = sql(
                "UPDATE open_jobs SET held_since = coalesce(held_since, now()),
                    held_until = coalesce(held_since, now()) + $3 * interval '1 second'
                 WHERE id = $1 AND epoch = $2 AND lease_owner IS NOT NULL
                 RETURNING held_since = now() OR held_until > now()",
                [hold.job.uuid().into(), hold.epoch.into(), patience.into()],
            );
            if !value(&tx.db, statement).await?.ok_or(Error::LeaseLost)? {
                return Ok(false);
            }
        }
        if let Some(step) = step {
            tx.step_held(hold, step, fault).await?;
        }
        tx.let_go(
            hold,
            "status = CASE status WHEN 'running' THEN 'pending' ELSE status END,
             fault = CASE status WHEN 'running' THEN $4 ELSE fault END,
             due_at = now() + $3 * interval '1 second', delayed = $3 > 0, attempts = greatest(attempts - $5, 0)",
            [
                wait.as_secs_f64().into(),
                document("fault", fault)?.into(),
                i32::from(fault.is_out_of_turn()).into(),
            ],
        )
        .await?;
        tx.wake(hold.job, wait).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Gives back a job when its worker stops. This costs no attempt.
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

    /// Records that a job is past the step that it was held at: the output of the step, or that it is undone. The wait
    /// ends, and the tries are counted anew.
    pub async fn held_step_done(
        &self,
        hold: Hold,
        step: &str,
        output: Option<&serde_json::Value>,
    ) -> Result<()> {
        let tx = self.begin().await?;
        match output {
            Some(output) => tx.step_done(hold, step, output).await?,
            None => tx.step_undone(hold, step).await?,
        }
        let statement = sql(
            "UPDATE open_jobs SET held_since = NULL, held_until = NULL, attempts = 1
             WHERE id = $1 AND epoch = $2 AND lease_owner IS NOT NULL",
            [hold.job.uuid().into(), hold.epoch.into()],
        );
        if execute(&tx.db, statement).await? == 0 {
            return Err(Error::LeaseLost);
        }
        tx.commit().await
    }

    /// Marks the job as failed for good; its worker undoes it under the same claim.
    pub async fn fail(&self, hold: Hold, fault: &Fault) -> Result<()> {
        let statement = sql(
            "UPDATE open_jobs SET status = 'unwinding', attempts = 0, lost_leases = 0, held_since = NULL, held_until = NULL,
                fault = $3
             WHERE id = $1 AND epoch = $2 AND status = 'running' AND lease_owner IS NOT NULL",
            [hold.job.uuid().into(), hold.epoch.into(), document("fault", fault)?.into()],
        );
        if execute(&self.db, statement).await? == 0 {
            return Err(Error::LeaseLost);
        }
        self.announcer.job(hold.job);
        Ok(())
    }
}

impl Tx {
    /// Files `child` and makes the job wait for it. A forward job becomes `waiting`; an unwinding one keeps its
    /// status.
    pub async fn wait_for(&self, hold: Hold, child: &NewJob) -> Result<()> {
        self.file_job(child).await?;
        self.wait_for_filed(hold, child.id).await?;
        Ok(())
    }

    /// Makes the job wait for a child that is already filed. `false`, and nothing changes, if the child has ended.
    pub async fn wait_for_filed(&self, hold: Hold, child: JobId) -> Result<bool> {
        self.take_turns(hold.job).await?;
        // The lock delays the end of the child until this job is recorded as waiting.
        let open = sql("SELECT FROM open_jobs WHERE id = $1 FOR SHARE", [child.uuid().into()]);
        if !is_there(&self.db, open).await? {
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

    /// Ends the lease, frees the job's resource, and makes the `assignments` (`$3`, …).
    async fn let_go<const N: usize>(
        &self,
        hold: Hold,
        assignments: &str,
        values: [Value; N],
    ) -> Result<()> {
        self.take_turns(hold.job).await?;
        let mut all: Vec<Value> = vec![hold.job.uuid().into(), hold.epoch.into()];
        all.extend(values);
        let statement = Statement::from_sql_and_values(
            DbBackend::Postgres,
            format!(
                "UPDATE open_jobs SET lease_owner = NULL, lease_until = NULL, slot = NULL, lost_leases = 0, {assignments}
                 WHERE id = $1 AND epoch = $2 AND lease_owner IS NOT NULL
                 RETURNING resource"
            ),
            all,
        );
        let freed: Option<Option<String>> = value(&self.db, statement).await?;
        let freed = freed.ok_or(Error::LeaseLost)?;
        self.changes.job(hold.job);
        if let Some(freed) = freed {
            // A statement of its own, so that the next job for the resource sees that it is free.
            let wake = sql("SELECT job_wake_next_v1($1)", [freed.into()]);
            execute(&self.db, wake).await?;
            self.changes.outbox();
        }
        Ok(())
    }

    /// Takes the locks of a claim before it locks any row. A claim that fails because of what this job frees is
    /// then either visible to this transaction, or comes after it and succeeds.
    async fn take_turns(&self, job: JobId) -> Result<()> {
        let turn = sql("SELECT job_lock_turns_v1(ARRAY[$1], false)", [job.uuid().into()]);
        execute(&self.db, turn).await?;
        Ok(())
    }

    async fn wake(&self, job: JobId, pause: Duration) -> Result<()> {
        let statement = sql(
            "SELECT job_wake(job::jobs, $2 * interval '1 second') FROM open_jobs job WHERE id = $1",
            [job.uuid().into(), pause.as_secs_f64().into()],
        );
        execute(&self.db, statement).await?;
        self.changes.outbox();
        Ok(())
    }
}
