//! Restarts many ended jobs together: the windows in which they are looked through, and the restart of one window.

use std::{fmt, str::FromStr, time::Duration};

use model::{
    fault::FaultKind,
    ids::{JobId, TenantId},
    job::{JobKind, JobStatus, Lane},
};
use sea_orm::FromQueryResult;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Error, Result, Store, Tx,
    columns::word,
    statement::{all, execute, sql, values},
};

/// The most ended jobs that one window has.
const WINDOW: i64 = 500;

/// The jobs that are woken of those that need one resource. The next are woken when it is free.
const WOKEN: i64 = 8;

/// Ended jobs that are looked through together, in the order of their ends.
#[derive(Clone, Debug)]
pub struct Window {
    /// The jobs.
    pub jobs: Vec<Ended>,
    /// The place behind the last of them; `None` if there are no more.
    pub next: Option<Place>,
}

/// A job that failed or was cancelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The job.
    pub id: JobId,
    /// Its kind.
    pub kind: JobKind,
    /// The kind of the fault for which it failed; `None` if it was cancelled.
    pub fault: Option<FaultKind>,
    place: Place,
}

/// A place among ended jobs. Its text form is the token of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The end of the last job before it.
    ended_at: OffsetDateTime,
    id: Uuid,
    /// The end of the whole range: a job that fails again meanwhile is not in it.
    until: OffsetDateTime,
}

/// Where a window begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the jobs that ended so long ago.
    Since(Duration),
    /// At a place.
    At(Place),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", micros(self.ended_at), micros(self.until), self.id)
    }
}

/// The text is not that of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not from an earlier answer; give next_page_token as it was")]
pub struct NotAPlace;

impl FromStr for Place {
    type Err = NotAPlace;

    fn from_str(text: &str) -> std::result::Result<Self, NotAPlace> {
        let mut parts = text.splitn(3, '.');
        let mut moment = || {
            let number: i64 = parts.next()?.parse().ok()?;
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(number) * 1000).ok()
        };
        let (ended_at, until) = (moment(), moment());
        let id = parts.next().and_then(|id| id.parse().ok());
        let (Some(ended_at), Some(until), Some(id)) = (ended_at, until, id) else {
            return Err(NotAPlace);
        };
        Ok(Self { ended_at, id, until })
    }
}

/// Microseconds, which is how exactly PostgreSQL keeps time.
fn micros(moment: OffsetDateTime) -> i128 {
    moment.unix_timestamp_nanos() / 1000
}

impl Store {
    /// A window of a tenant's jobs that ended as `status`, which is failed or cancelled. Jobs that are part of another
    /// are left out, because that one is restarted.
    pub async fn ended_jobs(
        &self,
        tenant: TenantId,
        status: JobStatus,
        start: Start,
    ) -> Result<Window> {
        let (seconds, place) = match start {
            Start::Since(ago) => (ago.as_secs_f64(), None),
            Start::At(place) => (0.0, Some(place)),
        };
        // The conditions after the first line are those of the index jobs_to_retry.
        let statement = sql(
            "SELECT id, kind, fault ->> 'kind' AS fault, finished_at, coalesce($6, now()) AS until
             FROM finished_jobs WHERE tenant_id = $1 AND status = $2 AND finished_at <= coalesce($6, now())
               AND (finished_at, id) > (coalesce($4, now() - $3 * interval '1 second'), $5::uuid)
               AND status IN ('failed', 'cancelled') AND parent_id IS NULL
             ORDER BY finished_at, id LIMIT $7",
            [
                tenant.uuid().into(),
                status.as_str().into(),
                seconds.into(),
                place.map(|it| it.ended_at).into(),
                place.map_or(Uuid::nil(), |it| it.id).into(),
                place.map(|it| it.until).into(),
                WINDOW.into(),
            ],
        );
        let jobs = all::<EndedRow, Ended>(&self.db, statement).await?;
        let full = i64::try_from(jobs.len()).is_ok_and(|count| count == WINDOW);
        let next = jobs.last().filter(|_| full).map(|last| last.place);
        Ok(Window { jobs, next })
    }
}

impl Tx {
    /// Restarts those of the jobs that are still ended as `status`, each as [`Tx::restart`] does but as bulk work, and
    /// settles their dead letters in the name of `actor`. Returns their ids.
    pub async fn restart_ended(
        &self,
        jobs: &[JobId],
        status: JobStatus,
        actor: &str,
    ) -> Result<Vec<JobId>> {
        let wanted: Vec<Uuid> = jobs.iter().map(|job| job.uuid()).collect();
        let lock = sql(
            "SELECT id FROM finished_jobs WHERE id = ANY($1) AND status = $2 AND parent_id IS NULL
             ORDER BY id FOR UPDATE SKIP LOCKED",
            [wanted.into(), status.as_str().into()],
        );
        let ended: Vec<Uuid> = values(&self.db, lock).await?;
        let journals = sql("DELETE FROM job_steps WHERE job_id = ANY($1)", [ended.clone().into()]);
        execute(&self.db, journals).await?;
        let again = sql(
            // Those that need the same resource follow each other, as if they were filed one after another.
            "WITH placed AS (
                SELECT id, nth, first.turn + (nth - 1) * lane_stride($2) AS turn, near AND nth <= $3 OR resource IS NULL AS woken
                FROM (SELECT id, resource, target, tenant_id, row_number() OVER (PARTITION BY resource ORDER BY seq) AS nth
                      FROM finished_jobs WHERE id = ANY($1)) one,
                    LATERAL job_place_v1(resource, target, tenant_id, $2) first),
             again AS (
                UPDATE jobs SET status = 'pending', attempts = 0, lost_leases = 0, held_since = NULL, held_until = NULL,
                    due_at = now(), started_at = NULL, finished_at = NULL, fault = NULL, cancel_requested = false, lane = $2,
                    turn = placed.turn
                FROM placed WHERE jobs.id = ANY($1) AND jobs.id = placed.id AND finished_at IS NOT NULL
                RETURNING jobs.*)
             SELECT job_wake(job::jobs) FROM again job JOIN placed USING (id) WHERE woken",
            [ended.clone().into(), Lane::Bulk.as_str().into(), WOKEN.into()],
        );
        execute(&self.db, again).await?;
        let letters = sql(
            "UPDATE dead_letters SET status = 'redriven', resolved_at = now(), resolved_by = $2
             WHERE job_id = ANY($1) AND status = 'open'",
            [ended.clone().into(), actor.into()],
        );
        execute(&self.db, letters).await?;
        for job in &ended {
            self.changes.job((*job).into());
        }
        self.changes.outbox();
        Ok(ended.into_iter().map(JobId::from).collect())
    }
}

#[derive(FromQueryResult)]
struct EndedRow {
    id: Uuid,
    kind: String,
    fault: Option<String>,
    finished_at: OffsetDateTime,
    until: OffsetDateTime,
}

impl TryFrom<EndedRow> for Ended {
    type Error = Error;

    fn try_from(row: EndedRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            kind: word("kind", row.kind)?,
            fault: row.fault.map(|kind| word("fault", kind)).transpose()?,
            place: Place { ended_at: row.finished_at, id: row.id, until: row.until },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_text() {
        let at = |micros: i64| {
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000).unwrap()
        };
        let place =
            Place { ended_at: at(1_795_000_000_123_456), id: Uuid::now_v7(), until: at(-7) };
        assert_eq!(place.to_string().parse(), Ok(place));
        for wrong in ["", "1", "1.2", "1.2.x", "x.2.0190163d-8694-739b-aea5-966c26f8ad91"] {
            assert_eq!(wrong.parse::<Place>(), Err(NotAPlace), "{wrong}");
        }
    }
}
