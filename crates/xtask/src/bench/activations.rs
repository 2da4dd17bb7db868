//! Measures whole activations through the public REST interface, until the account is active.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::Result;
use futures_util::future::try_join_all;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::numbers::{Latency, per_second};
use super::options::Options;
use super::stages::{Profile, Stage, profile, stages};
use super::world::World;
use crate::rest::text;

/// Activations measured one at a time.
const ALONE: usize = 30;
/// Activations before the measurement, which fill caches and open connections.
const WARM_UP: usize = 5;

/// The results under load.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Load {
    pub(crate) activations: usize,
    /// Activations accepted per second, while no caller waits for their end.
    pub(crate) accepted_per_second: f64,
    /// Activations completed per second, with the chosen number in hand.
    pub(crate) completed_per_second: f64,
    /// Jobs completed per second in the same time, children included.
    pub(crate) jobs_per_second: f64,
    /// Duration of the call that accepts an activation.
    pub(crate) accept: Latency,
    /// Time from accepted to active.
    pub(crate) latency: Latency,
    pub(crate) stages: Vec<Stage>,
    pub(crate) profile: Profile,
}

/// The latency of activations that run one at a time.
pub(crate) async fn alone(world: &World) -> Result<Latency> {
    run(world, WARM_UP, 1).await?;
    let done = run(world, ALONE, 1).await?;
    latency(world, &done.jobs).await
}

/// The results of many activations at a time.
pub(crate) async fn load(world: &World, options: Options) -> Result<Load> {
    let in_hand = usize::from(options.in_hand);
    run(world, in_hand, in_hand).await?;
    let before = world.costs().await?;
    let start = Instant::now();
    let done = run(world, options.activations, in_hand).await?;
    let took = start.elapsed();
    let after = world.costs().await?;
    let family: Vec<Uuid> =
        sqlx::query_scalar("SELECT id FROM jobs WHERE id = ANY($1) OR parent_id = ANY($1)")
            .bind(&done.jobs)
            .fetch_all(&world.pool)
            .await?;
    Ok(Load {
        activations: done.jobs.len(),
        accepted_per_second: accepted(world, options).await?,
        completed_per_second: per_second(done.jobs.len(), took),
        jobs_per_second: per_second(family.len(), took),
        accept: Latency::of(done.accepts),
        latency: latency(world, &done.jobs).await?,
        stages: stages(world, &family).await?,
        profile: profile(&before, &after, family.len()),
    })
}

struct Done {
    jobs: Vec<Uuid>,
    /// Milliseconds of each accepting call.
    accepts: Vec<f64>,
}

/// Runs `count` activations, `in_hand` at a time.
async fn run(world: &World, count: usize, in_hand: usize) -> Result<Done> {
    // The creation of the services is not part of an activation.
    let services = services(world, count, in_hand).await?;
    let next = AtomicUsize::new(0);
    let lanes = (0..in_hand).map(async |_| {
        let mut done = Vec::new();
        while let Some(service) = services.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (job, accept) = activate(world, service).await?;
            world.finished.completed(job).await?;
            done.push((job, accept));
        }
        anyhow::Ok(done)
    });
    let (jobs, accepts) = try_join_all(lanes).await?.into_iter().flatten().unzip();
    Ok(Done { jobs, accepts })
}

/// The number of activations accepted per second without waiting for their end; then waits for them.
async fn accepted(world: &World, options: Options) -> Result<f64> {
    let in_hand = usize::from(options.in_hand);
    let services = services(world, options.activations, in_hand).await?;
    let start = Instant::now();
    let next = AtomicUsize::new(0);
    let lanes = (0..in_hand).map(async |_| {
        let mut jobs = Vec::new();
        while let Some(service) = services.get(next.fetch_add(1, Ordering::Relaxed)) {
            jobs.push(activate(world, service).await?.0);
        }
        anyhow::Ok(jobs)
    });
    let jobs = try_join_all(lanes).await?.concat();
    let rate = per_second(jobs.len(), start.elapsed());
    try_join_all(jobs.iter().map(|job| world.finished.completed(*job))).await?;
    Ok(rate)
}

async fn services(world: &World, count: usize, in_hand: usize) -> Result<Vec<String>> {
    let left = AtomicUsize::new(count);
    let lanes = (0..in_hand).map(async |_| {
        let mut services = Vec::new();
        let take = |it: usize| it.checked_sub(1);
        while left.try_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
            let domain = format!("{}.test", testkit::unique("bench"));
            let body = json!({ "plan_id": world.plan, "domain": domain });
            services.push(text(&world.rest.post("/services", &body).await?, "id")?.to_owned());
        }
        anyhow::Ok(services)
    });
    Ok(try_join_all(lanes).await?.concat())
}

/// Returns the filed job, and the milliseconds of the call.
async fn activate(world: &World, service: &str) -> Result<(Uuid, f64)> {
    let start = Instant::now();
    let answer = world.rest.post(&format!("/services/{service}/activate"), &json!({})).await?;
    let took = start.elapsed().as_secs_f64() * 1000.0;
    Ok((text(&answer["job"], "id")?.parse()?, took))
}

async fn latency(world: &World, jobs: &[Uuid]) -> Result<Latency> {
    let seen = sqlx::query_scalar(
        "SELECT extract(epoch FROM finished_at - created_at)::float8 * 1000 FROM jobs WHERE id = ANY($1)",
    );
    Ok(Latency::of(seen.bind(jobs).fetch_all(&world.pool).await?))
}
