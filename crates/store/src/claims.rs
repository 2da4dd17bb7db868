//! How a worker takes a job, keeps it, and lets it go; every write is guarded by the epoch.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use model::{
    fault::Fault,
    ids::JobId,
    job::{Job, JobEvent, JobKind, JobStatus, NewJob},
};
use sea_orm::{ConnectionTrait, DatabaseConnection, Value};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Error, Result, Store, Tx,
    batch::{Batches, Statement},
    jobs::{fault_value, read_job},
    json,
    news::{Changes, News},
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

/// Takes jobs for one worker: those that are asked for at the same time in one statement.
pub struct Claims {
    batches: Batches<Taking>,
    news: News,
}

/// What takes jobs: for whom, for how long, and the step with which the jobs of a kind begin.
struct Taking {
    db: DatabaseConnection,
    owner: String,
    lease: Duration,
    kinds: Vec<String>,
    first_steps: Vec<String>,
}

impl Claims {
    /// Takes a job if it is ready and what it must hold is free.
    pub async fn take(&self, id: JobId) -> Result<Claim> {
        let claim = self.batches.ask(id).await??;
        if let Claim::Taken(_) = claim {
            self.news.job(id);
        }
        Ok(claim)
    }
}

impl Statement for Taking {
    type Request = JobId;
    /// What goes wrong once jobs are taken is told to those whom it concerns.
    type Answer = Result<Claim>;

    async fn serve(&self, wanted: &[JobId]) -> Result<Vec<Result<Claim>>> {
        let ids = |jobs: &mut dyn Iterator<Item = JobId>| jobs.map(|it| it.uuid()).collect();
        let wanted_ids: Vec<Uuid> = ids(&mut wanted.iter().copied());
        let statement = sql(
            "SELECT * FROM job_claim($1, $2, $3, $4, $5)",
            [
                wanted_ids.into(),
                self.owner.as_str().into(),
                self.lease.as_secs_f64().into(),
                self.kinds.clone().into(),
                self.first_steps.clone().into(),
            ],
        );
        let rows = match self.db.query_all_raw(statement).await.map_err(Error::from) {
            Ok(rows) => rows,
            // Someone was quicker: at the target, or at the resource.
            Err(Error::Taken { .. }) if wanted.len() == 1 => Vec::new(),
            Err(error) => return Err(error),
        };
        let mut taken = HashMap::with_capacity(rows.len());
        for row in &rows {
            let id: Uuid = row.try_get("", "id")?;
            taken.insert(JobId::from(id), read_job(row));
        }
        // A job that was asked for twice goes to who asked first.
        let mut known: HashSet<JobId> = taken.keys().copied().collect();
        let left = ids(&mut wanted.iter().copied().filter(|it| !known.contains(it)));
        let others = if left.is_empty() { Ok(Vec::new()) } else { self.known(left).await };
        let others = others.map(|it| known.extend(it));
        let claim = |id: &JobId| match taken.remove(id) {
            Some(job) => Ok(Claim::Taken(Box::new(job?))),
            None if known.contains(id) => Ok(Claim::NotNow),
            None => others.clone().map(|()| Claim::Missing),
        };
        Ok(wanted.iter().map(claim).collect())
    }
}

impl Taking {
    /// Those of the jobs that there are.
    async fn known(&self, jobs: Vec<Uuid>) -> Result<Vec<JobId>> {
        let statement = sql("SELECT id FROM jobs WHERE id = ANY($1)", [jobs.into()]);
        let rows = self.db.query_all_raw(statement).await?;
        rows.iter().map(|row| Ok(row.try_get::<Uuid>("", "id")?.into())).collect()
    }
}

impl Store {
    /// What takes jobs for `owner`, each for as long as `lease`. With the first claim of a job, whose epoch is 1, the
    /// step that `first_steps` have for its kind is journalled as started.
    pub fn claims(&self, owner: &str, lease: Duration, first_steps: &[(JobKind, &str)]) -> Claims {
        let (kinds, first_steps) = first_steps
            .iter()
            .map(|(kind, step)| (kind.as_str().to_owned(), (*step).to_owned()))
            .unzip();
        let (db, owner) = (self.db.clone(), owner.to_owned());
        let batches = Batches::new(Taking { db, owner, lease, kinds, first_steps });
        Claims { batches, news: self.news.clone() }
    }

    /// Takes one job: see [`Claims::take`].
    pub async fn claim(&self, id: JobId, owner: &str, lease: Duration) -> Result<Claim> {
        self.claims(owner, lease, &[]).take(id).await
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
        let ended = self.batches.ends.ask(Ending::new(hold, done)).await?;
        self.news.tell(ended.changes);
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
        let to = from.after(event).map_err(|it| Error::Internal(it.to_string()))?;
        let ended = end(&self.db, &[Ending::new(hold, None)], to).await?;
        let ended = ended.into_iter().next().ok_or(Error::LeaseLost)?;
        self.changes.add(ended.changes);
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
                "UPDATE jobs SET lease_owner = NULL, lease_until = NULL, slot = NULL, {assignments}
                 WHERE id = $1 AND epoch = $2 AND lease_owner IS NOT NULL
                 RETURNING resource"
            ),
            all,
        );
        let row = self.db.query_one_raw(statement).await?.ok_or(Error::LeaseLost)?;
        self.changes.job(hold.job);
        let freed: Option<String> = row.try_get("", "resource")?;
        if let Some(freed) = freed {
            // A statement of its own: the next for the resource is to see that it is free.
            let wake = sql(
                "SELECT job_wake(jobs) FROM resources_next JOIN jobs ON id = job_id WHERE name = $1",
                [freed.into()],
            );
            self.db.query_all_raw(wake).await?;
            self.changes.outbox();
        }
        Ok(())
    }

    /// Before any row is locked, as a claim does it: who is refused what this job frees is then seen, or sees it
    /// free.
    async fn take_turns(&self, job: JobId) -> Result<()> {
        let turn = sql("SELECT job_take_turns(ARRAY[$1], false)", [job.uuid().into()]);
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

/// A job that is to end.
#[derive(Serialize)]
pub(crate) struct Ending {
    job: JobId,
    claim: i64,
    done: Option<String>,
    result: Option<serde_json::Value>,
}

/// A job that has ended.
pub(crate) struct Ended {
    /// Since it was filed.
    age: Duration,
    /// What has changed with it.
    changes: Changes,
}

/// Completes jobs.
pub(crate) struct Completing(pub(crate) DatabaseConnection);

impl Ending {
    fn new(hold: Hold, done: Option<(&str, &serde_json::Value)>) -> Self {
        let (done, result) = done.map(|(step, result)| (step.to_owned(), result.clone())).unzip();
        Self { job: hold.job, claim: hold.epoch, done, result }
    }
}

impl Statement for Completing {
    type Request = Ending;
    type Answer = Ended;

    async fn serve(&self, endings: &[Ending]) -> Result<Vec<Ended>> {
        end(&self.0, endings, JobStatus::Completed).await
    }
}

async fn end(db: &impl ConnectionTrait, endings: &[Ending], to: JobStatus) -> Result<Vec<Ended>> {
    let statement = sql(
        "SELECT job, age, waiter, woke FROM job_end($1, $2)",
        [json(endings), to.as_str().into()],
    );
    let mut ended = HashMap::with_capacity(endings.len());
    for row in db.query_all_raw(statement).await? {
        let (job, age): (Uuid, f64) = (row.try_get("", "job")?, row.try_get("", "age")?);
        let (waiter, woke): (Option<Uuid>, bool) =
            (row.try_get("", "waiter")?, row.try_get("", "woke")?);
        let changes = Changes::default();
        for changed in waiter.into_iter().chain([job]) {
            changes.job(changed.into());
        }
        if woke {
            changes.outbox();
        }
        let age = Duration::try_from_secs_f64(age).unwrap_or_default();
        ended.insert(JobId::from(job), Ended { age, changes });
    }
    endings.iter().map(|it| ended.remove(&it.job).ok_or(Error::LeaseLost)).collect()
}
