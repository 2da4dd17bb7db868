//! The ends of jobs. Jobs that complete at the same time share one statement.

use std::time::Duration;

use model::job::{JobEvent, JobStatus};
use serde_json::Value;

use super::{
    claims::Hold,
    endings::{Ending, end},
};
use crate::{Error, Result, Store, Tx};

impl Store {
    /// Ends a job as completed, with the output of its last step if that is not journalled yet. Wakes the jobs that
    /// [`Tx::end`] wakes. Returns the time since the job was filed.
    pub async fn complete(&self, hold: Hold, done: Option<(&str, &Value)>) -> Result<Duration> {
        let ended = self.batches.ends.ask(ending(hold, done)).await?;
        self.announcer.announce(ended.changes);
        Ok(ended.age)
    }
}

impl Tx {
    /// Ends a job: `Complete`, `UnwoundFailed`, `UnwoundCancelled` or `GiveUp`. Wakes the jobs that waited for it,
    /// for its target or for its resource. Returns the time since the job was filed.
    pub async fn end(&self, hold: Hold, from: JobStatus, event: JobEvent) -> Result<Duration> {
        let to = from.after(event).map_err(|error| Error::Internal(error.to_string()))?;
        let ended = end(&self.db, &[ending(hold, None)], to).await?;
        let ended = ended.into_iter().next().ok_or(Error::LeaseLost)?;
        self.changes.add(ended.changes);
        Ok(ended.age)
    }
}

fn ending(hold: Hold, done: Option<(&str, &Value)>) -> Ending {
    let (done, result) = done.map(|(step, result)| (step.to_owned(), result.clone())).unzip();
    Ending { job: hold.job, claim: hold.epoch, done, result }
}
