//! Jobs as the API shows them: listed, with their journals and their places in a queue.

use model::{
    ids::{JobId, TenantId},
    job::{Job, JobKind, JobStatus, StepRecord},
};
use sea_orm::{Condition, ExprTrait, FromQueryResult, Statement, sea_query::Expr};
use time::OffsetDateTime;

use super::rows::{JobRow, StepRow};
use crate::{
    Error, Result, Store,
    page::{Page, newest_by_seq},
    statement::{all, one, sql, value},
};

pub use super::announcements::CHANNEL;

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

/// A job with the name of what it is about.
#[derive(Clone, Debug)]
pub struct NamedJob {
    /// The job.
    pub job: Job,
    /// The domain of its account or its zone, or the name of its server or plan; `None` if that does not exist.
    pub target_name: Option<String>,
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

    /// A job of a tenant with the name of its target.
    pub async fn named_job(&self, tenant: TenantId, id: JobId) -> Result<Option<NamedJob>> {
        let statement = sql(
            "SELECT * FROM jobs WHERE tenant_id = $1 AND id = $2",
            [tenant.uuid().into(), id.uuid().into()],
        );
        one::<NamedRow, _>(&self.db, named(statement)).await
    }

    /// A tenant's jobs with the names of their targets, newest first.
    pub async fn named_jobs(
        &self,
        tenant: TenantId,
        filter: &JobFilter,
        page: Page,
    ) -> Result<Vec<NamedJob>> {
        all::<NamedRow, _>(&self.db, named(list(tenant, filter, page))).await
    }

    /// A tenant's jobs, newest first.
    pub async fn jobs(&self, tenant: TenantId, filter: &JobFilter, page: Page) -> Result<Vec<Job>> {
        all::<JobRow, _>(&self.db, list(tenant, filter, page)).await
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
                            WHERE other.resource = me.resource AND other.status IN ('pending', 'unwinding')
                              AND other.lease_owner IS NULL AND other.waiting_on IS NULL
                              AND NOT other.delayed AND NOT other.behind
                              AND (other.started_at IS NULL, other.turn, other.seq) < (me.started_at IS NULL, me.turn, me.seq)
                            ORDER BY other.started_at IS NULL, other.turn, other.seq LIMIT $2) before) + 1 AS position,
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

fn list(tenant: TenantId, filter: &JobFilter, page: Page) -> Statement {
    // A target has few jobs, so its index is the one to walk. The planner would rather combine it with that of another
    // column, which has many rows; it uses no index for IS NOT DISTINCT FROM.
    let equal = |column: &'static str, word: &'static str| match filter.target {
        None => Expr::col(column).eq(word),
        Some(_) => Expr::cust_with_values(format!("{column} IS NOT DISTINCT FROM $1"), [word]),
    };
    let conditions = Condition::all()
        .add(Expr::col("tenant_id").eq(tenant.uuid()))
        .add_option(filter.status.map(|status| equal("status", status.as_str())))
        .add_option(filter.kind.map(|kind| equal("kind", kind.as_str())))
        .add_option(filter.target.as_deref().map(|target| Expr::col("target").eq(target)));
    newest_by_seq("jobs", conditions, page)
}

/// Looks the target's name up for the jobs that `page` selects, each by its own key.
fn named(page: Statement) -> Statement {
    let columns = "it.*, CASE split_part(it.target, '/', 1)
        WHEN 'account' THEN (SELECT domain FROM accounts WHERE id = split_part(it.target, '/', 2)::uuid)
        WHEN 'server' THEN (SELECT name FROM servers WHERE id = split_part(it.target, '/', 2)::uuid)
        WHEN 'plan' THEN (SELECT name FROM plans WHERE id = split_part(it.target, '/', 2)::uuid)
        WHEN 'dns-server' THEN (SELECT name FROM dns_servers WHERE id = split_part(it.target, '/', 2)::uuid)
        WHEN 'zone' THEN (SELECT name FROM zones WHERE id = split_part(it.target, '/', 2)::uuid)
        END AS target_name";
    Statement {
        sql: format!("SELECT {columns} FROM ({}) it ORDER BY it.seq DESC", page.sql),
        ..page
    }
}

#[derive(FromQueryResult)]
struct NamedRow {
    #[sea_orm(nested)]
    job: JobRow,
    target_name: Option<String>,
}

impl TryFrom<NamedRow> for NamedJob {
    type Error = Error;

    fn try_from(row: NamedRow) -> Result<Self> {
        Ok(Self { job: row.job.try_into()?, target_name: row.target_name })
    }
}
