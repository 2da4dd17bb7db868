//! Resources of jobs: no more holders than units, and a freed unit goes to the next job.

use std::time::Duration;

use model::{
    fault::{Fault, FaultKind},
    ids::JobId,
    job::{JobEvent, JobStatus, NewJob},
};
use store::claims::Claim;
use tokio::task::JoinSet;

use crate::world::{LEASE, World, checked, taken};

async fn file(world: &World, resource: &str) -> JobId {
    world.file(world.new_job().holding(resource.to_owned())).await
}

async fn ensure(world: &World, resource: &str, capacity: u32) {
    let tx = world.store.begin().await.unwrap();
    tx.ensure_resource(resource, capacity).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_servers_one_slot_is_held_by_one_job() {
    let world = World::new().await;
    let slot = world.server("vm1", 10).await.mutation_slot();
    let (first, second) = (file(&world, &slot).await, file(&world, &slot).await);
    let hold = world.claim(first).await;
    assert!(matches!(world.store.claim(second, "b", LEASE).await.unwrap(), Claim::NotNow));
    let tx = world.store.begin().await.unwrap();
    tx.end(hold, JobStatus::Running, JobEvent::Complete).await.unwrap();
    tx.commit().await.unwrap();
    world.claim(second).await;
}

#[tokio::test]
async fn many_at_once_never_hold_more_than_there_is() {
    let world = World::new().await;
    ensure(&world, "pool", 3).await;
    let mut jobs = Vec::new();
    for _ in 0..10 {
        jobs.push(file(&world, "pool").await);
    }
    let mut tasks = JoinSet::new();
    for job in jobs {
        let store = world.store.clone();
        tasks.spawn(async move {
            matches!(store.claim(job, "test", LEASE).await.unwrap(), Claim::Taken(_))
        });
    }
    let taken = tasks.join_all().await.into_iter().filter(|it| *it).count();
    let holds: i64 =
        sqlx::query_scalar("SELECT count(slot) FROM jobs").fetch_one(&world.pool).await.unwrap();
    assert!((1..=3).contains(&taken), "{taken}");
    assert_eq!(i64::try_from(taken).unwrap(), holds);
}

#[tokio::test]
async fn the_database_refuses_two_holders_of_one_unit() {
    let world = World::new().await;
    ensure(&world, "pool", 1).await;
    let (first, second) = (file(&world, "pool").await, file(&world, "pool").await);
    let hold = |job| {
        format!(
            "UPDATE jobs SET status = 'running', lease_owner = 'x', lease_until = now(), slot = 1 WHERE id = '{job}'"
        )
    };
    world.meddle(&hold(first)).await.unwrap();
    assert_eq!(world.refusal(&hold(second)).await, taken("jobs_holding"));
    let unheld = format!("UPDATE jobs SET slot = NULL WHERE id = '{first}'");
    assert_eq!(world.refusal(&unheld).await, checked("jobs_slot"));
}

#[tokio::test]
async fn a_resource_may_get_more_units() {
    let world = World::new().await;
    ensure(&world, "pool", 1).await;
    let (first, second) = (file(&world, "pool").await, file(&world, "pool").await);
    world.claim(first).await;
    ensure(&world, "pool", 2).await;
    world.claim(second).await;
}

/// Whether a job is delayed, and whether it is behind another on its target.
async fn marks(world: &World, job: JobId) -> (bool, bool) {
    let marks = sqlx::query_as("SELECT delayed, behind FROM open_jobs WHERE id = $1");
    marks.bind(job.uuid()).fetch_one(&world.pool).await.unwrap()
}

/// How many wake-ups of a job the outbox has.
async fn wake_ups(world: &World, job: JobId) -> i64 {
    let count = "SELECT count(*) FROM outbox WHERE body ->> 'job_id' = $1";
    sqlx::query_scalar(count).bind(job.to_string()).fetch_one(&world.pool).await.unwrap()
}

#[tokio::test]
async fn a_job_behind_another_on_its_target_leaves_its_queue_until_that_one_ends() {
    let world = World::new().await;
    ensure(&world, "pool", 2).await;
    let first = world.new_job().holding("pool".to_owned());
    let second = NewJob { id: JobId::generate(), ..first.clone() };
    let (first, second) = (world.file(first).await, world.file(second).await);
    let third = file(&world, "pool").await;
    let hold = world.claim(first).await;
    assert!(matches!(world.store.claim(second, "b", LEASE).await.unwrap(), Claim::NotNow));
    assert_eq!(marks(&world, second).await, (false, true));
    world.claim(third).await;

    world.store.complete(hold, None).await.unwrap();
    assert_eq!(marks(&world, second).await, (false, false));
    assert_eq!(wake_ups(&world, second).await, 2, "with its filing, and with the end");
    world.claim(second).await;
}

#[tokio::test]
async fn a_job_that_is_tried_again_later_leaves_its_queue_until_it_is_due() {
    let world = World::new().await;
    ensure(&world, "pool", 1).await;
    let (first, second) = (file(&world, "pool").await, file(&world, "pool").await);
    let hold = world.claim(first).await;
    let fault = Fault::new(FaultKind::Timeout, "late");
    world.store.hold_job(hold, None, &fault, Duration::from_secs(1000), None).await.unwrap();
    assert_eq!(marks(&world, first).await, (true, false));
    assert!(matches!(world.store.claim(first, "b", LEASE).await.unwrap(), Claim::NotNow));
    let hold = world.claim(second).await;
    world.store.complete(hold, None).await.unwrap();

    let due = "UPDATE jobs SET due_at = now() - interval '1 second' WHERE finished_at IS NULL";
    world.meddle(due).await.unwrap();
    world.claim(first).await;
    assert_eq!(marks(&world, first).await, (false, false));
}

#[tokio::test]
async fn a_job_whose_wake_up_was_lost_while_it_was_to_be_tried_later_is_woken_again() {
    let world = World::new().await;
    ensure(&world, "pool", 1).await;
    let job = file(&world, "pool").await;
    let hold = world.claim(job).await;
    let fault = Fault::new(FaultKind::Timeout, "late");
    world.store.hold_job(hold, None, &fault, Duration::from_secs(1000), None).await.unwrap();
    let patience = Duration::from_secs(30);
    assert_eq!(world.store.wake_overdue(patience).await.unwrap(), 0);
    world.meddle("UPDATE jobs SET due_at = now() - interval '1 minute'").await.unwrap();
    assert_eq!(world.store.wake_overdue(patience).await.unwrap(), 1);
    assert_eq!(marks(&world, job).await, (false, false));
    assert_eq!(world.store.wake_overdue(patience).await.unwrap(), 0);
}
