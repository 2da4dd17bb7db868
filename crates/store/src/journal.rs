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
        let tx = self.begin().await?;
        if let Some((name, output)) = done {
            tx.step_done(hold, name, output).await?;
        }
        if let Some(step) = next {
            tx.step_started(hold, step, None).await?;
        }
        tx.commit().await
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
        one(self.db.execute_raw(statement).await?.rows_affected(), name)
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
        self.db.execute_raw(statement).await?;
        Ok(())
    }

    /// Records a step's result.
    pub async fn step_done(&self, hold: Hold, name: &str, output: &Value) -> Result<()> {
        let statement = sql(
            "UPDATE job_steps SET status = 'done', epoch = $2, output = $4, fault = NULL, finished_at = now()
             WHERE job_id = $1 AND name = $3",
            [hold.job.uuid().into(), hold.epoch.into(), name.into(), output.clone().into()],
        );
        one(self.db.execute_raw(statement).await?.rows_affected(), name)
    }

    /// Records that a step is being undone; `output` as in [`Tx::step_started`].
    pub async fn step_undoing(&self, hold: Hold, name: &str, output: Option<&Value>) -> Result<()> {
        let statement = sql(
            "UPDATE job_steps SET status = 'undoing', epoch = $2, output = coalesce($4, output)
             WHERE job_id = $1 AND name = $3",
            [hold.job.uuid().into(), hold.epoch.into(), name.into(), output.cloned().into()],
        );
        one(self.db.execute_raw(statement).await?.rows_affected(), name)
    }
}

fn one(rows: u64, name: &str) -> Result<()> {
    match rows {
        1 => Ok(()),
        _ => Err(Error::Internal(format!("step {name} is not in the journal"))),
    }
}
