//! Files jobs with their wake-ups, and cancels or restarts filed ones.

use model::{
    ids::JobId,
    job::{Job, JobEvent, JobStatus, NewJob},
};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::{
    Error, Result, Store, Tx,
    statement::{execute, is_there, sql, values},
};

impl Tx {
    /// Files a job and its wake-up.
    pub async fn file_job(&self, job: &NewJob) -> Result<()> {
        file(&self.db, job).await?;
        self.changes.job(job.id);
        self.changes.outbox();
        Ok(())
    }

    /// Requests that a job, and the children that it waits for, be undone. Workers see the request at the next
    /// step.
    pub async fn request_cancel(&self, job: JobId) -> Result<()> {
        let statement = sql(
            "WITH RECURSIVE family AS (
                SELECT id, waiting_on FROM open_jobs WHERE id = $1
                UNION SELECT child.id, child.waiting_on FROM open_jobs child JOIN family ON child.id = family.waiting_on),
             asked AS (
                UPDATE open_jobs SET cancel_requested = true, due_at = least(due_at, now()), delayed = false
                WHERE id IN (SELECT id FROM family) AND status IN ('pending', 'running', 'waiting')
                RETURNING open_jobs.*),
             woken AS (SELECT job_wake(asked::jobs) FROM asked WHERE status = 'pending')
             SELECT id, (SELECT count(*) FROM woken) FROM asked",
            [job.uuid().into()],
        );
        for job in values::<Uuid>(&self.db, statement).await? {
            self.changes.job(job.into());
            self.changes.outbox();
        }
        Ok(())
    }

    /// Restarts a failed or cancelled job from its beginning, or the undo of a stuck one.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] by `job_transitions` if the job's status does not allow it.
    pub async fn restart(&self, job: &Job) -> Result<()> {
        let event =
            if job.status == JobStatus::Stuck { JobEvent::Resume } else { JobEvent::Restart };
        let refused =
            |message: String| Error::Refused { constraint: "job_transitions".to_owned(), message };
        let to = job.status.after(event).map_err(|error| refused(error.to_string()))?;
        if to == JobStatus::Pending {
            if job.parent_id.is_some() {
                return Err(refused("a child job: retry the job that filed it".to_owned()));
            }
            let journal = sql("DELETE FROM job_steps WHERE job_id = $1", [job.id.uuid().into()]);
            execute(&self.db, journal).await?;
        }
        let statement = sql(
            "WITH again AS (
                UPDATE jobs SET status = $3, attempts = 0, lost_leases = 0, held_since = NULL, held_until = NULL, due_at = now(),
                    finished_at = NULL,
                    started_at = CASE $3 WHEN 'pending' THEN NULL ELSE started_at END,
                    turn = CASE $3 WHEN 'pending'
                        THEN (SELECT place.turn FROM job_place_v1(resource, target, tenant_id, lane) place) ELSE turn END,
                    fault = CASE $3 WHEN 'pending' THEN NULL ELSE fault END,
                    cancel_requested = cancel_requested AND $3 <> 'pending'
                WHERE id = $1 AND status = $2
                RETURNING jobs.*)
             SELECT job_wake(again::jobs) FROM again",
            [job.id.uuid().into(), job.status.as_str().into(), to.as_str().into()],
        );
        if execute(&self.db, statement).await? == 0 {
            return Err(refused("the job has just changed: look again".to_owned()));
        }
        self.changes.job(job.id);
        self.changes.outbox();
        Ok(())
    }

    /// Whether a job on this target has not ended. Lock the target's row first, so that the answer stays true.
    pub async fn has_unfinished_job(&self, target: &str) -> Result<bool> {
        let statement = sql("SELECT FROM open_jobs WHERE target = $1 LIMIT 1", [target.into()]);
        is_there(&self.db, statement).await
    }
}

impl Store {
    /// Files a job and its wake-up in a transaction of their own.
    pub async fn file_job(&self, job: &NewJob) -> Result<()> {
        file(&self.db, job).await?;
        self.announcer.job(job.id);
        self.announcer.outbox();
        Ok(())
    }
}

async fn file(db: &impl ConnectionTrait, job: &NewJob) -> Result<()> {
    let statement = sql(
        "WITH place AS (SELECT turn, near FROM job_place_v1($8, $4, $2, $6)),
         filed AS (
            INSERT INTO open_jobs (id, tenant_id, kind, target, queue, lane, payload, resource,
                              parent_id, actor, correlation_id, traceparent, turn)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, turn FROM place
            RETURNING open_jobs.*)
         SELECT job_wake(filed::jobs) FROM filed, place WHERE near",
        [
            job.id.uuid().into(),
            job.tenant_id.uuid().into(),
            job.kind.as_str().into(),
            job.target.as_str().into(),
            job.kind.queue().as_str().into(),
            job.lane.as_str().into(),
            job.payload.clone().into(),
            job.resource.clone().into(),
            job.parent_id.map(JobId::uuid).into(),
            job.origin.actor.as_str().into(),
            job.origin.correlation_id.as_str().into(),
            job.origin.traceparent.clone().into(),
        ],
    );
    execute(db, statement).await?;
    Ok(())
}
