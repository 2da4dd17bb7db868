//! Measures the job engine while more and more jobs wait and are finished.

use std::io::{self, Write};

use anyhow::Result;
use serde::Serialize;

use super::numbers::Latency;
use super::options::Options;
use super::world::World;
use super::{activations, engine};

/// The numbers of waiting jobs. For each of them ten are finished.
const WAITING: [i32; 4] = [0, 1_000, 10_000, 100_000];
/// Finished jobs for each waiting one.
const FINISHED: i32 = 10;

/// The engine's pace with one backlog.
#[derive(Debug, Serialize)]
pub(crate) struct Point {
    waiting: i32,
    finished: i32,
    jobs_per_second: f64,
    latency: Latency,
}

/// Measures the engine with each backlog. Its jobs wait for a resource that one job holds, and no statistics are taken by hand.
pub(crate) async fn curve(world: &World, options: Options) -> Result<Vec<Point>> {
    // The engine's jobs are about an active account. The first of them is the model of the backlog.
    activations::alone(world).await?;
    engine::measure(world, options).await?;
    sqlx::query("INSERT INTO resources (name, capacity) VALUES ('bench/backlog', 1)")
        .execute(&world.pool)
        .await?;
    copy(world, 1, "'running', 'bench/backlog', 1, 'bench', now() + interval '1 day', NULL")
        .await?;
    let mut points = Vec::new();
    let mut before = 0;
    for waiting in WAITING {
        let more = waiting - before;
        copy(world, more, "'pending', 'bench/backlog', NULL, NULL, NULL, NULL").await?;
        copy(world, FINISHED * more, "'completed', 'bench/backlog', NULL, NULL, NULL, now()")
            .await?;
        before = waiting;
        let engine = engine::measure(world, options).await?;
        points.push(Point {
            waiting,
            finished: FINISHED * waiting,
            jobs_per_second: engine.per_second,
            latency: engine.latency,
        });
    }
    Ok(points)
}

/// Copies a finished job, each copy on its own target and with these columns: `status`, `resource`, `slot`, `lease_owner`,
/// `lease_until`, `finished_at`.
async fn copy(world: &World, jobs: i32, columns: &str) -> Result<()> {
    let statement = format!(
        "INSERT INTO jobs (id, tenant_id, kind, target, queue, lane, payload, actor, correlation_id,
            status, resource, slot, lease_owner, lease_until, finished_at)
         SELECT gen_random_uuid(), tenant_id, kind, gen_random_uuid()::text, queue, lane, payload, actor,
            correlation_id, {columns}
         FROM (SELECT * FROM finished_jobs LIMIT 1) job, generate_series(1, $1)"
    );
    sqlx::query(sqlx::AssertSqlSafe(statement)).bind(jobs).execute(&world.pool).await?;
    Ok(())
}

/// Prints the curve.
pub(crate) fn print(points: &[Point], out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "\n{:>10}{:>12}{:>16}{:>10}{:>10}",
        "waiting", "finished", "jobs a second", "p50 ms", "p99 ms"
    )?;
    for Point { waiting, finished, jobs_per_second, latency } in points {
        writeln!(
            out,
            "{waiting:>10}{finished:>12}{jobs_per_second:>16.0}{:>10.0}{:>10.0}",
            latency.p50_ms, latency.p99_ms
        )?;
    }
    Ok(())
}
