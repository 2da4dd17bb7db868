//! Resources of jobs: no more holders than units, and a freed unit goes to the next job.

use model::{
    ids::JobId,
    job::{JobEvent, JobStatus},
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
