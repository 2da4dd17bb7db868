//! The costs of jobs: wall-clock time from the rows, and processor time from the processes.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;
use uuid::Uuid;

use super::numbers::share;
use super::processes::spent;
use super::world::{Costs, World};

/// A stage of jobs of one kind, averaged over the jobs that had it.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow)]
pub(crate) struct Stage {
    pub(crate) kind: String,
    pub(crate) stage: String,
    pub(crate) mean_ms: f64,
}

/// The average costs of one job.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Profile {
    /// Milliseconds of processor time, by part.
    pub(crate) processor_ms: BTreeMap<String, f64>,
    /// Transactions of PostgreSQL, read-only ones included.
    pub(crate) transactions: f64,
    /// Flushes of PostgreSQL's log to disk.
    pub(crate) flushes: f64,
    /// KiB of PostgreSQL's log. After a checkpoint, the first change of each page writes the whole page.
    pub(crate) written_kib: f64,
}

/// The costs between two measurements, divided by the number of jobs.
pub(crate) fn profile(before: &Costs, after: &Costs, jobs: usize) -> Profile {
    let each = |whole: f64| share(whole, jobs as f64);
    let spent = spent(&before.seconds, &after.seconds);
    Profile {
        processor_ms: spent.into_iter().map(|(it, seconds)| (it, each(seconds * 1000.0))).collect(),
        transactions: each((after.commits - before.commits) as f64),
        flushes: each((after.flushes - before.flushes) as f64),
        written_kib: each((after.written - before.written) as f64 / 1024.0),
    }
}

/// The mean duration of each stage of these jobs, in the order of the stages.
pub(crate) async fn stages(world: &World, jobs: &[Uuid]) -> Result<Vec<Stage>> {
    // One transaction journals a step together with the result of the step before, and gives both its own
    // time. So a step's duration runs from its journal entry to the next one, the commit included.
    let stages = sqlx::query_as(
        "WITH mine AS (SELECT * FROM jobs WHERE id = ANY($1)),
         moment AS (
            SELECT mine.kind, 0 AS place, 'accepted, relayed, delivered, claimed' AS stage,
                   started_at - created_at AS took
            FROM mine
            UNION ALL
            SELECT mine.kind, 1, 'journal read, first step journalled', first.started_at - mine.started_at
            FROM mine JOIN job_steps first ON first.job_id = mine.id AND first.position = 0
            UNION ALL
            SELECT mine.kind, 2 + step.position, 'step ' || step.name, step.finished_at - step.started_at
            FROM mine JOIN job_steps step ON step.job_id = mine.id
            UNION ALL
            SELECT mine.kind, 1000, 'all of it', finished_at - created_at FROM mine)
         SELECT kind, stage, avg(extract(epoch FROM took))::float8 * 1000 AS mean_ms
         FROM moment GROUP BY kind, place, stage ORDER BY kind, place",
    );
    Ok(stages.bind(jobs).fetch_all(&world.pool).await?)
}
