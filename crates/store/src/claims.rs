//! How a worker takes a job, keeps it, and lets it go; every write is guarded by the epoch.

use std::time::Duration;

use model::{
    fault::Fault,
    ids::JobId,
    job::{Job, JobEvent, JobKind, JobStatus, NewJob},
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
        self.claim_and_begin(id, owner, lease, &[]).await
    }

    /// As [`Store::claim`]; with the first claim of a job, whose epoch is 1, the step that `first_steps` have for
    /// its kind is journalled as started.
    pub async fn claim_and_begin(
        &self,
        id: JobId,
        owner: &str,
        lease: Duration,
        first_steps: &[(JobKind, &str)],
    ) -> Result<Claim> {
        let (kinds, steps): (Vec<_>, Vec<_>) = first_steps
            .iter()
            .map(|(kind, step)| (kind.as_str().to_owned(), (*step).to_owned()))
            .unzip();
        let statement = sql(
            "SELECT * FROM job_claim($1, $2, $3, $4, $5)",
            [
                id.uuid().into(),
                owner.into(),
                lease.as_secs_f64().into(),
                kinds.into(),
                steps.into(),
            ],
        );
        match self.db.query_one_raw(statement).await.map_err(Error::from) {
            Ok(Some(row)) => {
                self.news.job(id);
                return Ok(Claim::Taken(Box::new(read_job(&row)?)));
            }
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

    /// A fault that may pass: the job is due again after `wait`, going the way it went. One that came out of
    /// turn costs no attempt.
    pub async fn retry_later(&self, hold: Hold, fault: &Fault, wait: Duration) -> Result<()> {
        let tx = self.begin().await?;
        tx.let_go(
            hold,
            "status = CASE status WHEN 'running' THEN 'pending' ELSE status END,
             due_at = now() + $3 * interval '1 second', fault = $4, attempts = greatest(attempts - $5, 0)",
            [
                wait.as_secs_f64().into(),
                fault_value(fault),
                i32::from(fault.is_out_of_turn()).into(),
            ],
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
            _ => {
                self.news.job(hold.job);
                Ok(())
            }
        }
    }

    /// Ends a job as completed, with the result of its last step where that is not journalled yet. Wakes whom
    /// [`Tx::end`] wakes. Gives the job's age.
    pub async fn complete(
        &self,
        hold: Hold,
        done: Option<(&str, &serde_json::Value)>,
    ) -> Result<Duration> {
        let ended = end(&self.db, hold, JobStatus::Running, JobEvent::Complete, done).await?;
        self.news.outbox();
        self.news.job(hold.job);
        if let Some(parent) = ended.parent {
            self.news.job(parent);
        }
        Ok(ended.age)
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
        self.take_turns(hold.job).await?;
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
    /// for it, for its target or for what it held. Says how long ago it was filed.
    pub async fn end(&self, hold: Hold, from: JobStatus, event: JobEvent) -> Result<Duration> {
        let ended = end(&self.db, hold, from, event, None).await?;
        self.changes.outbox();
        self.changes.job(hold.job);
        if let Some(parent) = ended.parent {
            self.changes.job(parent);
        }
        Ok(ended.age)
    }

    /// Ends the lease and what was held with it, and sets what `assignments` say (`$3`, …).
    async fn let_go<const N: usize>(
        &self,
        hold: Hold,
        assignments: &str,
        values: [Value; N],
    ) -> Result<()> {
        self.take_turns(hold.job).await?;
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
        self.changes.job(hold.job);
        let freed = sql(
            "WITH freed AS (DELETE FROM resource_holds WHERE job_id = $1 RETURNING resource)
             SELECT resource FROM freed",
            [hold.job.uuid().into()],
        );
        // A statement of its own: the next for the resource is to see that it is free.
        if let Some(row) = self.db.query_one_raw(freed).await? {
            let resource: String = row.try_get("", "resource")?;
            self.db.query_all_raw(sql("SELECT job_wake_next($1)", [resource.into()])).await?;
            self.changes.outbox();
        }
        Ok(())
    }

    /// Before any row is locked, as a claim does it: who is refused what this job frees is then seen, or sees it
    /// free.
    async fn take_turns(&self, job: JobId) -> Result<()> {
        let turn = sql("SELECT job_take_turns($1, false)", [job.uuid().into()]);
        self.db.query_one_raw(turn).await?;
        Ok(())
    }

    async fn wake(&self, job: JobId, pause: Duration) -> Result<()> {
        let statement = sql(
            "SELECT job_wake(job, $2 * interval '1 second') FROM jobs job WHERE id = $1",
            [job.uuid().into(), pause.as_secs_f64().into()],
        );
        self.db.query_all_raw(statement).await?;
        self.changes.outbox();
        Ok(())
    }
}

/// A job that has ended.
struct Ended {
    /// Since it was filed.
    age: Duration,
    /// Who waited for it.
    parent: Option<JobId>,
}

async fn end(
    db: &impl ConnectionTrait,
    hold: Hold,
    from: JobStatus,
    event: JobEvent,
    done: Option<(&str, &serde_json::Value)>,
) -> Result<Ended> {
    let to = from.after(event).map_err(|it| Error::Internal(it.to_string()))?;
    let (step, result) = done.map(|(step, result)| (step.to_owned(), result.clone())).unzip();
    let statement = sql(
        "SELECT age, waiter FROM job_end($1, $2, $3, $4, $5)",
        [hold.job.uuid().into(), hold.epoch.into(), to.as_str().into(), step.into(), result.into()],
    );
    let row = db.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| Error::Internal("an end without a row".to_owned()))?;
    let (age, parent): (f64, Option<uuid::Uuid>) =
        (row.try_get("", "age")?, row.try_get("", "waiter")?);
    let age = Duration::try_from_secs_f64(age).unwrap_or_default();
    Ok(Ended { age, parent: parent.map(Into::into) })
}
