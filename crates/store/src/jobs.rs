//! Jobs as their owners see them: filed, listed, cancelled, tried again.

use model::{
    ids::{JobId, TenantId},
    job::{Job, JobEvent, JobKind, JobStatus, MAX_ATTEMPTS, NewJob, Origin, StepRecord},
};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, Result, Store, Tx, page::Page, sql};

/// Notified with the id of each job that has changed, shortly after.
pub const CHANNEL: &str = "praho_jobs";

/// Which jobs are wanted.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// Only in this status.
    pub status: Option<JobStatus>,
    /// Only of this kind.
    pub kind: Option<JobKind>,
    /// Only on this target.
    pub target: Option<String>,
}

/// Where a job stands that waits for a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePlace {
    /// Its place, from 1: the one that starts next.
    pub position: u32,
    /// When it may start, by the pace of the resource's last jobs.
    pub estimated_start_at: OffsetDateTime,
}

impl Tx {
    /// Files a job and its wake-up.
    pub async fn file_job(&self, job: &NewJob) -> Result<()> {
        file(&self.db, job).await?;
        self.changes.job(job.id);
        self.changes.outbox();
        Ok(())
    }

    /// Asks for a job, and the child it waits for, to be undone. Workers see it at the next step.
    pub async fn request_cancel(&self, job: JobId) -> Result<()> {
        let statement = sql(
            "WITH RECURSIVE family AS (
                SELECT id, waiting_on FROM jobs WHERE id = $1
                UNION SELECT child.id, child.waiting_on FROM jobs child JOIN family ON child.id = family.waiting_on),
             asked AS (
                UPDATE jobs SET cancel_requested = true, due_at = least(due_at, now())
                WHERE id IN (SELECT id FROM family) AND status IN ('pending', 'running', 'waiting')
                RETURNING jobs.*),
             woken AS (SELECT job_wake(asked::jobs) FROM asked WHERE status = 'pending')
             SELECT id, (SELECT count(*) FROM woken) AS woken FROM asked",
            [job.uuid().into()],
        );
        for asked in self.db.query_all_raw(statement).await? {
            let id: Uuid = asked.try_get("", "id")?;
            self.changes.job(id.into());
            self.changes.outbox();
        }
        Ok(())
    }

    /// Tries a failed or cancelled job again from its beginning, or a stuck one's undo.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] by `job_transitions` where its status does not allow it.
    pub async fn restart(&self, job: &Job) -> Result<()> {
        let event =
            if job.status == JobStatus::Stuck { JobEvent::Resume } else { JobEvent::Restart };
        let refused =
            |message: String| Error::Refused { constraint: "job_transitions".to_owned(), message };
        let to = job.status.after(event).map_err(|it| refused(it.to_string()))?;
        if to == JobStatus::Pending {
            if job.parent_id.is_some() {
                return Err(refused("a child job: retry the job that filed it".to_owned()));
            }
            let journal = sql("DELETE FROM job_steps WHERE job_id = $1", [job.id.uuid().into()]);
            self.db.execute_raw(journal).await?;
        }
        let statement = sql(
            "WITH again AS (
                UPDATE jobs SET status = $3, attempts = 0, due_at = now(), finished_at = NULL,
                    fault = CASE $3 WHEN 'pending' THEN NULL ELSE fault END,
                    cancel_requested = cancel_requested AND $3 <> 'pending'
                WHERE id = $1 AND status = $2
                RETURNING jobs.*)
             SELECT job_wake(again::jobs) FROM again",
            [job.id.uuid().into(), job.status.as_str().into(), to.as_str().into()],
        );
        if self.db.query_all_raw(statement).await?.is_empty() {
            return Err(refused("the job has just changed: look again".to_owned()));
        }
        self.changes.job(job.id);
        self.changes.outbox();
        Ok(())
    }
}

impl Store {
    /// Files a job and its wake-up: for who has nothing to commit with it.
    pub async fn file_job(&self, job: &NewJob) -> Result<()> {
        file(&self.db, job).await?;
        self.news.job(job.id);
        self.news.outbox();
        Ok(())
    }

    /// A job of a tenant.
    pub async fn job(&self, tenant: TenantId, id: JobId) -> Result<Option<Job>> {
        Ok(self.job_by_id(id).await?.filter(|it| it.tenant_id == tenant))
    }

    /// A job, whoever's it is.
    pub async fn job_by_id(&self, id: JobId) -> Result<Option<Job>> {
        let statement = sql("SELECT * FROM jobs WHERE id = $1", [id.uuid().into()]);
        self.db.query_one_raw(statement).await?.map(|row| read_job(&row)).transpose()
    }

    /// A tenant's jobs, newest first.
    pub async fn jobs(&self, tenant: TenantId, filter: &JobFilter, page: Page) -> Result<Vec<Job>> {
        let statement = sql(
            "SELECT * FROM jobs
             WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2)
               AND ($3::text IS NULL OR status = $3) AND ($4::text IS NULL OR kind = $4)
               AND ($5::text IS NULL OR target = $5)
             ORDER BY id DESC LIMIT $6",
            [
                tenant.uuid().into(),
                page.after.into(),
                filter.status.map(|it| it.as_str().to_owned()).into(),
                filter.kind.map(|it| it.as_str().to_owned()).into(),
                filter.target.clone().into(),
                i64::from(page.size).into(),
            ],
        );
        self.db.query_all_raw(statement).await?.iter().map(read_job).collect()
    }

    /// A job's journal, in order.
    pub async fn steps(&self, job: JobId) -> Result<Vec<StepRecord>> {
        let statement =
            sql("SELECT * FROM job_steps WHERE job_id = $1 ORDER BY position", [job.uuid().into()]);
        self.db.query_all_raw(statement).await?.iter().map(read_step).collect()
    }

    /// Where a pending job stands in the queue of its resource; `None` if it waits for none.
    pub async fn queue_place(&self, job: JobId) -> Result<Option<QueuePlace>> {
        let statement = sql(
            "SELECT position, now() + position * coalesce(pace, interval '5 seconds') AS start_at FROM (
                SELECT (SELECT count(*) FROM jobs other
                        WHERE other.resource = me.resource AND other.status = 'pending'
                          AND (other.priority, -other.seq) >= (me.priority, -me.seq)) AS position,
                       (SELECT avg(finished_at - started_at) FROM (
                            SELECT finished_at, started_at FROM jobs late
                            WHERE late.resource = me.resource AND late.status = 'completed'
                            ORDER BY late.id DESC LIMIT 10) late) AS pace
                FROM jobs me WHERE me.id = $1 AND me.status = 'pending' AND me.resource IS NOT NULL
             ) queued",
            [job.uuid().into()],
        );
        let Some(row) = self.db.query_one_raw(statement).await? else { return Ok(None) };
        let position: i64 = row.try_get("", "position")?;
        Ok(Some(QueuePlace {
            position: u32::try_from(position).unwrap_or(u32::MAX),
            estimated_start_at: row.try_get("", "start_at")?,
        }))
    }
}

async fn file(db: &impl ConnectionTrait, job: &NewJob) -> Result<()> {
    let statement = sql(
        "WITH filed AS (
            INSERT INTO jobs (id, tenant_id, kind, target, queue, priority, payload, resource,
                              parent_id, max_attempts, actor, correlation_id, traceparent)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            RETURNING jobs.*)
         SELECT job_wake(filed::jobs) FROM filed",
        [
            job.id.uuid().into(),
            job.tenant_id.uuid().into(),
            job.kind.as_str().into(),
            job.target.as_str().into(),
            job.kind.queue().as_str().into(),
            job.kind.priority().into(),
            job.payload.clone().into(),
            job.resource.clone().into(),
            job.parent_id.map(|it| it.uuid()).into(),
            i32::try_from(MAX_ATTEMPTS).expect("small").into(),
            job.origin.actor.as_str().into(),
            job.origin.correlation_id.as_str().into(),
            job.origin.traceparent.clone().into(),
        ],
    );
    db.query_all_raw(statement).await?;
    Ok(())
}

/// Reads a word or a document of JSON into what it stands for.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(
    column: &str,
    value: serde_json::Value,
) -> Result<T> {
    serde_json::from_value(value).map_err(|error| Error::Unreadable(format!("{column}: {error}")))
}

fn word<T: serde::de::DeserializeOwned>(row: &QueryResult, column: &str) -> Result<T> {
    read_json(column, serde_json::Value::String(row.try_get("", column)?))
}

fn optional<T: serde::de::DeserializeOwned>(row: &QueryResult, column: &str) -> Result<Option<T>> {
    let document: Option<serde_json::Value> = row.try_get("", column)?;
    document.map(|it| read_json(column, it)).transpose()
}

fn count(row: &QueryResult, column: &str) -> Result<u32> {
    let number: i32 = row.try_get("", column)?;
    u32::try_from(number).map_err(|_| Error::Unreadable(format!("{column}: {number}")))
}

pub(crate) fn read_job(row: &QueryResult) -> Result<Job> {
    let id: Uuid = row.try_get("", "id")?;
    let tenant: Uuid = row.try_get("", "tenant_id")?;
    let parent: Option<Uuid> = row.try_get("", "parent_id")?;
    let child: Option<Uuid> = row.try_get("", "waiting_on")?;
    Ok(Job {
        id: id.into(),
        tenant_id: tenant.into(),
        kind: word(row, "kind")?,
        target: row.try_get("", "target")?,
        payload: row.try_get("", "payload")?,
        resource: row.try_get("", "resource")?,
        status: word(row, "status")?,
        attempts: count(row, "attempts")?,
        max_attempts: count(row, "max_attempts")?,
        epoch: row.try_get("", "epoch")?,
        cancel_requested: row.try_get("", "cancel_requested")?,
        parent_id: parent.map(Into::into),
        waiting_on: child.map(Into::into),
        fault: optional(row, "fault")?,
        origin: Origin {
            actor: row.try_get("", "actor")?,
            correlation_id: row.try_get("", "correlation_id")?,
            traceparent: row.try_get("", "traceparent")?,
        },
        due_at: row.try_get("", "due_at")?,
        created_at: row.try_get("", "created_at")?,
        started_at: row.try_get("", "started_at")?,
        finished_at: row.try_get("", "finished_at")?,
    })
}

fn read_step(row: &QueryResult) -> Result<StepRecord> {
    let position: i16 = row.try_get("", "position")?;
    Ok(StepRecord {
        position: u16::try_from(position)
            .map_err(|_| Error::Unreadable(format!("position: {position}")))?,
        name: row.try_get("", "name")?,
        status: word(row, "status")?,
        attempts: count(row, "attempts")?,
        output: row.try_get("", "output")?,
        fault: optional(row, "fault")?,
        started_at: row.try_get("", "started_at")?,
        finished_at: row.try_get("", "finished_at")?,
    })
}

/// A fault as the database keeps it.
pub(crate) fn fault_value(fault: &model::fault::Fault) -> Value {
    serde_json::to_value(fault).expect("a fault is plain data").into()
}
