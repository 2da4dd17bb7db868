//! The journal of a job's steps: intent before the act, result after it, guarded by the epoch.

use model::{fault::Fault, job::StepStatus};
use sea_orm::ConnectionTrait;
use serde_json::Value;

use crate::{Error, Result, Store, Tx, claims::Hold, jobs::fault_value, sql};

/// A step by its place and its name.
#[derive(Clone, Copy, Debug)]
pub struct StepName {
    /// From 0.
    pub position: u16,
    /// Stable.
    pub name: &'static str,
}

impl Store {
    /// Records a result and the intent of the next step at once, or the one or the other.
    pub async fn journal(
        &self,
        hold: Hold,
        done: Option<(&str, &Value)>,
        next: Option<StepName>,
    ) -> Result<()> {
        match (done, next) {
            (Some((name, output)), Some(next)) => {
                step_done_and_started(&self.db, hold, name, output, next).await?;
            }
            (Some((name, output)), None) => step_done(&self.db, hold, name, output).await?,
            (None, Some(next)) => step_started(&self.db, hold, next, None).await?,
            (None, None) => return Ok(()),
        }
        self.news.job(hold.job);
        Ok(())
    }

    /// Records how a step failed, or how far its undo is.
    pub async fn journal_status(
        &self,
        hold: Hold,
        name: &str,
        status: StepStatus,
        fault: Option<&Fault>,
    ) -> Result<()> {
        let statement = sql(
            "UPDATE job_steps SET status = $4, epoch = $2, fault = coalesce($5, fault), finished_at = now()
             WHERE job_id = $1 AND name = $3",
            [
                hold.job.uuid().into(),
                hold.epoch.into(),
                name.into(),
                status.as_str().into(),
                fault.map_or_else(|| Option::<Value>::None.into(), fault_value),
            ],
        );
        one(self.db.execute_raw(statement).await?.rows_affected(), name)?;
        self.news.job(hold.job);
        Ok(())
    }
}

impl Tx {
    /// Records that a step is about to act; `output` is what must be known to find its effect again.
    pub async fn step_started(
        &self,
        hold: Hold,
        step: StepName,
        output: Option<&Value>,
    ) -> Result<()> {
        self.changes.job(hold.job);
        step_started(&self.db, hold, step, output).await
    }

    /// Records a step's result.
    pub async fn step_done(&self, hold: Hold, name: &str, output: &Value) -> Result<()> {
        self.changes.job(hold.job);
        step_done(&self.db, hold, name, output).await
    }

    /// Records that a step is being undone; `output` as in [`Tx::step_started`].
    pub async fn step_undoing(&self, hold: Hold, name: &str, output: Option<&Value>) -> Result<()> {
        let statement = sql(
            "UPDATE job_steps SET status = 'undoing', epoch = $2, output = coalesce($4, output)
             WHERE job_id = $1 AND name = $3",
            [hold.job.uuid().into(), hold.epoch.into(), name.into(), output.cloned().into()],
        );
        self.changes.job(hold.job);
        one(self.db.execute_raw(statement).await?.rows_affected(), name)
    }
}

async fn step_started(
    db: &impl ConnectionTrait,
    hold: Hold,
    step: StepName,
    output: Option<&Value>,
) -> Result<()> {
    let statement = sql(
        "INSERT INTO job_steps (job_id, epoch, position, name, status, output)
         VALUES ($1, $2, $3, $4, 'started', $5)
         ON CONFLICT (job_id, name) DO UPDATE SET status = 'started', epoch = excluded.epoch,
            attempts = job_steps.attempts + 1, output = coalesce(excluded.output, job_steps.output)",
        [
            hold.job.uuid().into(),
            hold.epoch.into(),
            i16::try_from(step.position).unwrap_or(i16::MAX).into(),
            step.name.into(),
            output.cloned().into(),
        ],
    );
    db.execute_raw(statement).await?;
    Ok(())
}

async fn step_done(
    db: &impl ConnectionTrait,
    hold: Hold,
    name: &str,
    output: &Value,
) -> Result<()> {
    let statement = sql(
        "UPDATE job_steps SET status = 'done', epoch = $2, output = $4, fault = NULL, finished_at = now()
         WHERE job_id = $1 AND name = $3",
        [hold.job.uuid().into(), hold.epoch.into(), name.into(), output.clone().into()],
    );
    one(db.execute_raw(statement).await?.rows_affected(), name)
}

/// Both at once, or neither.
async fn step_done_and_started(
    db: &impl ConnectionTrait,
    hold: Hold,
    name: &str,
    output: &Value,
    next: StepName,
) -> Result<()> {
    let statement = sql(
        "WITH done AS (
            UPDATE job_steps SET status = 'done', epoch = $2, output = $4, fault = NULL, finished_at = now()
            WHERE job_id = $1 AND name = $3 RETURNING job_id)
         INSERT INTO job_steps (job_id, epoch, position, name, status)
         SELECT job_id, $2, $5, $6, 'started' FROM done
         ON CONFLICT (job_id, name) DO UPDATE SET status = 'started', epoch = excluded.epoch,
            attempts = job_steps.attempts + 1",
        [
            hold.job.uuid().into(),
            hold.epoch.into(),
            name.into(),
            output.clone().into(),
            i16::try_from(next.position).unwrap_or(i16::MAX).into(),
            next.name.into(),
        ],
    );
    one(db.execute_raw(statement).await?.rows_affected(), name)
}

fn one(rows: u64, name: &str) -> Result<()> {
    match rows {
        1 => Ok(()),
        _ => Err(Error::Internal(format!("step {name} is not in the journal"))),
    }
}
