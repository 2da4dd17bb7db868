//! Claims of jobs: how a worker takes a job and keeps it. Every write of a worker is guarded by the claim's epoch.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use model::{
    ids::JobId,
    job::{Job, JobKind},
};
use sea_orm::{DatabaseConnection, FromQueryResult, Statement};
use uuid::Uuid;

use super::{
    announcements::Announcer,
    batch::{Batched, Batches},
    rows::JobRow,
};
use crate::{
    Error, Result, Store,
    statement::{execute, sql, value, values},
};

/// The answer to a claim of a job.
#[derive(Debug)]
pub enum Claim {
    /// The caller has the job until the lease ends.
    Taken(Box<Job>),
    /// Another claim has the job, it is not its turn, or it is finished. The job that frees it wakes the next one.
    NotNow,
    /// There is no such job.
    Missing,
}

/// A claim of a job. It may write while the job's row has the same epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The job.
    pub job: JobId,
    /// The number of the claim: each is one higher than the one before.
    pub epoch: i64,
}

/// The condition that the claim of job `$1` with epoch `$2` is still valid.
pub(crate) const HELD: &str = "id = $1 AND epoch = $2 AND lease_until > clock_timestamp() AND status IN ('running', 'unwinding')";

/// A statement that returns a row if this claim of a job is still valid.
pub(crate) fn held_lease(hold: Hold) -> Statement {
    let text = format!("SELECT FROM open_jobs WHERE {HELD}");
    sql(&text, [hold.job.uuid().into(), hold.epoch.into()])
}

/// Claims jobs for one worker. Claims made at the same time share one statement.
pub struct Claims {
    batches: Batches<Taking>,
    announcer: Announcer,
}

/// The statement that claims jobs for `owner`, for the time `lease`. `first_steps` has the first step for each of
/// `kinds`.
struct Taking {
    db: DatabaseConnection,
    owner: String,
    lease: Duration,
    kinds: Vec<String>,
    first_steps: Vec<String>,
}

impl Claims {
    /// Claims a job if it is ready and its resource is free.
    pub async fn take(&self, id: JobId) -> Result<Claim> {
        let claim = self.batches.ask(id).await??;
        if let Claim::Taken(_) = claim {
            self.announcer.job(id);
        }
        Ok(claim)
    }
}

impl Batched for Taking {
    type Request = JobId;
    /// Once jobs are taken, a failure is the answer to its own requests only.
    type Answer = Result<Claim>;

    async fn serve(&self, wanted: &[JobId]) -> Result<Vec<Result<Claim>>> {
        let ids = |jobs: &mut dyn Iterator<Item = JobId>| jobs.map(JobId::uuid).collect();
        let wanted_ids: Vec<Uuid> = ids(&mut wanted.iter().copied());
        let statement = sql(
            "SELECT * FROM job_claim_v1($1, $2, $3, $4, $5)",
            [
                wanted_ids.into(),
                self.owner.as_str().into(),
                self.lease.as_secs_f64().into(),
                self.kinds.clone().into(),
                self.first_steps.clone().into(),
            ],
        );
        let rows = match JobRow::find_by_statement(statement).all(&self.db).await {
            Ok(rows) => rows,
            Err(error) => match Error::from(error) {
                // Another claim was faster, for the target or for the resource.
                Error::Taken { .. } if wanted.len() == 1 => Vec::new(),
                error => return Err(error),
            },
        };
        let mut taken: HashMap<JobId, Result<Job>> =
            rows.into_iter().map(|row| (row.id().into(), row.try_into())).collect();
        // If a job was requested twice, the first request gets it.
        let mut known: HashSet<JobId> = taken.keys().copied().collect();
        let left = ids(&mut wanted.iter().copied().filter(|job| !known.contains(job)));
        let others = if left.is_empty() { Ok(Vec::new()) } else { self.known(left).await };
        let others = others.map(|jobs| known.extend(jobs));
        let claim = |id: &JobId| match taken.remove(id) {
            Some(job) => Ok(Claim::Taken(Box::new(job?))),
            None if known.contains(id) => Ok(Claim::NotNow),
            None => others.clone().map(|()| Claim::Missing),
        };
        Ok(wanted.iter().map(claim).collect())
    }
}

impl Taking {
    /// Those of the jobs that exist.
    async fn known(&self, jobs: Vec<Uuid>) -> Result<Vec<JobId>> {
        let statement = sql("SELECT id FROM jobs WHERE id = ANY($1)", [jobs.into()]);
        let known: Vec<Uuid> = values(&self.db, statement).await?;
        Ok(known.into_iter().map(JobId::from).collect())
    }
}

impl Store {
    /// Claims of jobs for `owner`, each for the time `lease`. The first claim of a job, with epoch 1, journals the
    /// start of the step that `first_steps` has for the job's kind.
    pub fn claims(&self, owner: &str, lease: Duration, first_steps: &[(JobKind, &str)]) -> Claims {
        let (kinds, first_steps) = first_steps
            .iter()
            .map(|(kind, step)| (kind.as_str().to_owned(), (*step).to_owned()))
            .unzip();
        let (db, owner) = (self.db.clone(), owner.to_owned());
        let batches = Batches::new(Taking { db, owner, lease, kinds, first_steps });
        Claims { batches, announcer: self.announcer.clone() }
    }

    /// Claims one job: see [`Claims::take`].
    pub async fn claim(&self, id: JobId, owner: &str, lease: Duration) -> Result<Claim> {
        self.claims(owner, lease, &[]).take(id).await
    }

    /// Renews the lease of a job for another `lease`. Returns whether a cancellation was requested.
    pub async fn renew(&self, hold: Hold, lease: Duration) -> Result<bool> {
        let statement = sql(
            "UPDATE open_jobs SET lease_until = now() + $3 * interval '1 second'
             WHERE id = $1 AND epoch = $2 AND lease_owner IS NOT NULL
             RETURNING cancel_requested",
            [hold.job.uuid().into(), hold.epoch.into(), lease.as_secs_f64().into()],
        );
        value(&self.db, statement).await?.ok_or(Error::LeaseLost)
    }

    /// Ends the lease now, for a worker that cannot continue. The sweep then takes the job back.
    pub async fn abandon(&self, hold: Hold) -> Result<()> {
        let statement = sql(
            "UPDATE open_jobs SET lease_until = now() WHERE id = $1 AND epoch = $2 AND lease_owner IS NOT NULL",
            [hold.job.uuid().into(), hold.epoch.into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Makes a job due now that would be due later.
    pub async fn hurry(&self, job: JobId) -> Result<()> {
        let statement = sql(
            "UPDATE open_jobs SET due_at = now(), delayed = false
             WHERE id = $1 AND lease_owner IS NULL AND due_at > now()",
            [job.uuid().into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }
}
