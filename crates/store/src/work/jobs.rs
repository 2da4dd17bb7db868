//! Jobs as the API shows them: listed, with their journals and their places in a queue.

use model::{
    ids::{JobId, TenantId},
    job::{Job, JobKind, JobStatus, StepRecord},
};
use time::OffsetDateTime;

use super::rows::{JobRow, StepRow};
use crate::{
    Result, Store,
    page::Page,
    statement::{all, one, sql, value},
};

/// The channel of notifications with the id of each changed job, shortly after the change.
pub const CHANNEL: &str = "praho_jobs";

/// The highest number that a place in a queue is counted to.
const LONGEST: i64 = 1000;

/// Selects jobs.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// Only jobs in this status.
    pub status: Option<JobStatus>,
    /// Only jobs of this kind.
    pub kind: Option<JobKind>,
    /// Only jobs on this target.
    pub target: Option<String>,
}

/// The place of a job that waits for a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePlace {
    /// From 1 for the job that starts next. 1001 means that at least 1000 jobs are before it.
    pub position: u32,
    /// When the job may start, by the pace of the resource's last jobs.
    pub estimated_start_at: OffsetDateTime,
}

impl Store {
    /// A job of a tenant.
    pub async fn job(&self, tenant: TenantId, id: JobId) -> Result<Option<Job>> {
        Ok(self.job_by_id(id).await?.filter(|job| job.tenant_id == tenant))
    }

    /// A job of any tenant.
    pub async fn job_by_id(&self, id: JobId) -> Result<Option<Job>> {
        let statement = sql("SELECT * FROM jobs WHERE id = $1", [id.uuid().into()]);
        one::<JobRow, _>(&self.db, statement).await
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
                filter.status.map(|status| status.as_str().to_owned()).into(),
                filter.kind.map(|kind| kind.as_str().to_owned()).into(),
                filter.target.clone().into(),
                i64::from(page.size).into(),
            ],
        );
        all::<JobRow, _>(&self.db, statement).await
    }

    /// A job's journal, in order.
    pub async fn steps(&self, job: JobId) -> Result<Vec<StepRecord>> {
        let statement =
            sql("SELECT * FROM job_steps WHERE job_id = $1 ORDER BY position", [job.uuid().into()]);
        all::<StepRow, _>(&self.db, statement).await
    }

    /// The place of a pending job in the queue of its resource; `None` if it waits for no resource.
    pub async fn queue_place(&self, job: JobId) -> Result<Option<QueuePlace>> {
        let statement = sql(
            "SELECT position, now() + position * coalesce(pace, interval '5 seconds') FROM (
                SELECT (SELECT count(*) FROM (
                            SELECT FROM open_jobs other
                            WHERE other.resource = me.resource AND other.status = 'pending'
                              AND other.lease_owner IS NULL AND other.waiting_on IS NULL
                              AND NOT other.delayed AND NOT other.behind
                              AND (other.priority, -other.seq) > (me.priority, -me.seq)
                            ORDER BY other.priority DESC, other.seq LIMIT $2) before) + 1 AS position,
                       (SELECT avg(finished_at - started_at) FROM (
                            SELECT finished_at, started_at FROM finished_jobs late
                            WHERE late.resource = me.resource AND late.status = 'completed'
                            ORDER BY late.finished_at DESC LIMIT 10) late) AS pace
                FROM open_jobs me WHERE me.id = $1 AND me.status = 'pending' AND me.resource IS NOT NULL
             ) queued",
            [job.uuid().into(), LONGEST.into()],
        );
        let place: Option<(i64, OffsetDateTime)> = value(&self.db, statement).await?;
        Ok(place.map(|(position, estimated_start_at)| QueuePlace {
            position: u32::try_from(position).unwrap_or(u32::MAX),
            estimated_start_at,
        }))
    }
}
