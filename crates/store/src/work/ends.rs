//! The ends of jobs. Jobs that complete at the same time share one statement.

use std::{collections::HashMap, time::Duration};

use model::{
    ids::JobId,
    job::{JobEvent, JobStatus},
};
use sea_orm::{ConnectionTrait, DatabaseConnection, FromQueryResult};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{announcements::Changes, batch::Batched, claims::Hold};
use crate::{
    Error, Result, Store, Tx,
    columns::{document, seconds},
    statement::sql,
};

impl Store {
    /// Ends a job as completed, with the output of its last step if that is not journalled yet. Wakes the jobs that
    /// [`Tx::end`] wakes. Returns the time since the job was filed.
    pub async fn complete(&self, hold: Hold, done: Option<(&str, &Value)>) -> Result<Duration> {
        let ended = self.batches.ends.ask(Ending::new(hold, done)).await?;
        self.announcer.announce(ended.changes);
        Ok(ended.age)
    }
}

impl Tx {
    /// Ends a job: `Complete`, `UnwoundFailed`, `UnwoundCancelled` or `GiveUp`. Wakes the jobs that waited for it,
    /// for its target or for its resource. Returns the time since the job was filed.
    pub async fn end(&self, hold: Hold, from: JobStatus, event: JobEvent) -> Result<Duration> {
        let to = from.after(event).map_err(|error| Error::Internal(error.to_string()))?;
        let ended = end(&self.db, &[Ending::new(hold, None)], to).await?;
        let ended = ended.into_iter().next().ok_or(Error::LeaseLost)?;
        self.changes.add(ended.changes);
        Ok(ended.age)
    }
}

/// A request to complete a job.
#[derive(Serialize)]
pub(crate) struct Ending {
    job: JobId,
    claim: i64,
    done: Option<String>,
    result: Option<Value>,
}

/// A job that has ended.
pub(crate) struct Ended {
    /// The time since it was filed.
    age: Duration,
    /// The changes to announce.
    changes: Changes,
}

/// The statement that completes jobs.
pub(crate) struct Completing(pub(crate) DatabaseConnection);

impl Ending {
    fn new(hold: Hold, done: Option<(&str, &Value)>) -> Self {
        let (done, result) = done.map(|(step, result)| (step.to_owned(), result.clone())).unzip();
        Self { job: hold.job, claim: hold.epoch, done, result }
    }
}

impl Batched for Completing {
    type Request = Ending;
    type Answer = Ended;

    async fn serve(&self, endings: &[Ending]) -> Result<Vec<Ended>> {
        end(&self.0, endings, JobStatus::Completed).await
    }
}

async fn end(db: &impl ConnectionTrait, endings: &[Ending], to: JobStatus) -> Result<Vec<Ended>> {
    let statement = sql(
        "SELECT job, age, waiter, woke FROM job_end_v1($1, $2)",
        [document("endings", endings)?.into(), to.as_str().into()],
    );
    let mut ended = HashMap::with_capacity(endings.len());
    for row in EndedRow::find_by_statement(statement).all(db).await? {
        let changes = Changes::default();
        for changed in row.waiter.into_iter().chain([row.job]) {
            changes.job(changed.into());
        }
        if row.woke {
            changes.outbox();
        }
        ended.insert(JobId::from(row.job), Ended { age: seconds(row.age), changes });
    }
    endings.iter().map(|ending| ended.remove(&ending.job).ok_or(Error::LeaseLost)).collect()
}

/// A job that has ended, the parent that waited for it, and whether any job was woken.
#[derive(FromQueryResult)]
struct EndedRow {
    job: Uuid,
    age: f64,
    waiter: Option<Uuid>,
    woke: bool,
}
