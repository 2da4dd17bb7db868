//! The journal of a job's steps: the start before the act, the output after it, guarded by the epoch.

use model::{fault::Fault, job::StepStatus};
use sea_orm::ConnectionTrait;
use serde_json::Value;

use super::{claims::Hold, journal_entries::Entry};
use crate::{
    Error, Result, Store, Tx,
    columns::document,
    statement::{execute, sql},
};

/// A step, by position and name.
#[derive(Clone, Copy, Debug)]
pub struct StepName {
    /// The position, from 0.
    pub position: u16,
    /// The stable name.
    pub name: &'static str,
}

impl Store {
    /// Records an output and the start of the next step in one write, or only one of them.
    pub async fn journal(
        &self,
        hold: Hold,
        done: Option<(&str, &Value)>,
        next: Option<StepName>,
    ) -> Result<()> {
        if done.is_none() && next.is_none() {
            return Ok(());
        }
        let (done, result) = done.map(|(step, result)| (step.to_owned(), result.clone())).unzip();
        let (place, next) = next.map(|step| (step.position, step.name)).unzip();
        let entry = Entry { job: hold.job, claim: hold.epoch, done, result, place, next };
        self.batches.journals.ask(entry).await?;
        self.announcer.job(hold.job);
        Ok(())
    }

    /// Records the failure of a step, or the progress of its undo.
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
                fault.map(|fault| document("fault", fault)).transpose()?.into(),
            ],
        );
        one(execute(&self.db, statement).await?, name)?;
        self.announcer.job(hold.job);
        Ok(())
    }
}

impl Tx {
    /// Records the start of a step. `output` holds what is needed to find its effect again.
    pub async fn step_started(
        &self,
        hold: Hold,
        step: StepName,
        output: Option<&Value>,
    ) -> Result<()> {
        self.changes.job(hold.job);
        step_started(&self.db, hold, step, output).await
    }

    /// Records the output of a step.
    pub async fn step_done(&self, hold: Hold, name: &str, output: &Value) -> Result<()> {
        self.changes.job(hold.job);
        step_done(&self.db, hold, name, output).await
    }

    /// Records the fault of a step, or of its undo, that is tried again.
    pub(super) async fn step_held(&self, hold: Hold, name: &str, fault: &Fault) -> Result<()> {
        let statement = sql(
            "UPDATE job_steps SET epoch = $2, fault = $4 WHERE job_id = $1 AND name = $3",
            [
                hold.job.uuid().into(),
                hold.epoch.into(),
                name.into(),
                document("fault", fault)?.into(),
            ],
        );
        one(execute(&self.db, statement).await?, name)
    }

    /// Records that a step is undone.
    pub(super) async fn step_undone(&self, hold: Hold, name: &str) -> Result<()> {
        let statement = sql(
            "UPDATE job_steps SET status = 'undone', epoch = $2, finished_at = now()
             WHERE job_id = $1 AND name = $3",
            [hold.job.uuid().into(), hold.epoch.into(), name.into()],
        );
        self.changes.job(hold.job);
        one(execute(&self.db, statement).await?, name)
    }

    /// Records the start of a step's undo; `output` as in [`Tx::step_started`].
    pub async fn step_undoing(&self, hold: Hold, name: &str, output: Option<&Value>) -> Result<()> {
        let statement = sql(
            "UPDATE job_steps SET status = 'undoing', epoch = $2, output = coalesce($4, output)
             WHERE job_id = $1 AND name = $3",
            [hold.job.uuid().into(), hold.epoch.into(), name.into(), output.cloned().into()],
        );
        self.changes.job(hold.job);
        one(execute(&self.db, statement).await?, name)
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
    execute(db, statement).await?;
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
    one(execute(db, statement).await?, name)
}

fn one(rows: u64, name: &str) -> Result<()> {
    match rows {
        1 => Ok(()),
        _ => Err(Error::Internal(format!("step {name} is not in the journal"))),
    }
}
