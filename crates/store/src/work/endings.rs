//! Ends of many jobs, written in one statement.

use std::{collections::HashMap, time::Duration};

use model::{ids::JobId, job::JobStatus};
use sea_orm::{ConnectionTrait, DatabaseConnection, FromQueryResult};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{announcements::Changes, batch::Batched};
use crate::{
    Error, Result,
    columns::{document, seconds},
    statement::sql,
};

/// A job that is to end.
#[derive(Serialize)]
pub(crate) struct Ending {
    pub(super) job: JobId,
    pub(super) claim: i64,
    pub(super) done: Option<String>,
    pub(super) result: Option<Value>,
}

/// A job that has ended.
pub(crate) struct Ended {
    /// The time since it was filed.
    pub(super) age: Duration,
    /// What was changed with it.
    pub(super) changes: Changes,
}

/// Completes jobs.
pub(crate) struct Completing(pub(crate) DatabaseConnection);

impl Batched for Completing {
    type Request = Ending;
    type Answer = Ended;

    async fn serve(&self, endings: &[Ending]) -> Result<Vec<Ended>> {
        end(&self.0, endings, JobStatus::Completed).await
    }
}

/// Ends jobs. One answer for each ending, in order.
pub(super) async fn end(
    db: &impl ConnectionTrait,
    endings: &[Ending],
    to: JobStatus,
) -> Result<Vec<Ended>> {
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
