//! The pace of calls to a server, shared by all callers.

use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::world::{LEASE, World};

const PATIENCE: Duration = Duration::from_secs(60);
const FAR: Duration = Duration::from_secs(7200);

/// The time until which the admitted reads use up the server's budget.
async fn paid_at(world: &World) -> OffsetDateTime {
    sqlx::query_scalar("SELECT reads_paid_at FROM server_pace")
        .fetch_one(&world.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn one_seconds_worth_of_reads_need_not_wait() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    for _ in 0..4 {
        let wait = world.store.reserve_read(server, 4, Duration::ZERO).await.unwrap();
        assert_eq!(wait, Some(Duration::ZERO));
    }
}

#[tokio::test]
async fn a_read_waits_until_all_but_one_second_before_it_is_paid_for() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let start = Instant::now();
    world.meddle("UPDATE server_pace SET reads_paid_at = now() + interval '1 hour'").await.unwrap();
    let wait = world.store.reserve_read(server, 4, FAR).await.unwrap().unwrap();
    let expected = Duration::from_millis(3600 * 1000 + 250 - 1000);
    assert!(wait <= expected && wait + start.elapsed() >= expected, "{wait:?}");
}

#[tokio::test]
async fn a_caller_with_a_shorter_time_limit_reserves_nothing() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    world.meddle("UPDATE server_pace SET reads_paid_at = now() + interval '1 hour'").await.unwrap();
    let before = paid_at(&world).await;
    assert_eq!(world.store.reserve_read(server, 1, PATIENCE).await.unwrap(), None);
    assert_eq!(paid_at(&world).await, before);
    assert!(world.store.reserve_read(server, 1, FAR).await.unwrap().is_some());
    assert_eq!(paid_at(&world).await, before + Duration::from_secs(1));
}

#[tokio::test]
async fn reads_reserved_at_once_are_spaced_evenly() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    world.meddle("UPDATE server_pace SET reads_paid_at = now() + interval '1 hour'").await.unwrap();
    let before = paid_at(&world).await;
    let mut tasks = JoinSet::new();
    for _ in 0..16 {
        let store = world.store.clone();
        tasks.spawn(async move { store.reserve_read(server, 4, FAR).await.unwrap().unwrap() });
    }
    tasks.join_all().await;
    assert_eq!(paid_at(&world).await, before + Duration::from_secs(4), "16 at 4 a second");
}

#[tokio::test]
async fn a_pause_earns_nothing() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    world.meddle("UPDATE server_pace SET reads_paid_at = now() - interval '1 hour'").await.unwrap();
    let now: OffsetDateTime =
        sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&world.pool).await.unwrap();
    world.store.reserve_read(server, 4, Duration::ZERO).await.unwrap().unwrap();
    assert!(paid_at(&world).await >= now + Duration::from_millis(250));
}

#[tokio::test]
async fn one_of_eight_claims_of_a_server_succeeds() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let (store, holder) = (world.store.clone(), Uuid::new_v4());
        tasks.spawn(async move {
            store.take_mutation(server, holder, LEASE).await.unwrap().then_some(holder)
        });
    }
    let winners: Vec<Uuid> = tasks.join_all().await.into_iter().flatten().collect();
    let [winner] = winners[..] else { panic!("{winners:?}") };

    let other = Uuid::new_v4();
    assert!(world.store.take_mutation(server, winner, LEASE).await.unwrap(), "to hold it longer");
    world.store.release_mutation(server, other).await.unwrap();
    assert!(!world.store.take_mutation(server, other, LEASE).await.unwrap());
    world.store.release_mutation(server, winner).await.unwrap();
    assert!(world.store.take_mutation(server, other, LEASE).await.unwrap());
}

#[tokio::test]
async fn a_holder_that_died_loses_the_server_when_its_time_is_up() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    assert!(world.store.take_mutation(server, Uuid::new_v4(), LEASE).await.unwrap());
    assert!(!world.store.take_mutation(server, Uuid::new_v4(), LEASE).await.unwrap());
    world.meddle("UPDATE server_pace SET mutation_until = now()").await.unwrap();
    assert!(world.store.take_mutation(server, Uuid::new_v4(), LEASE).await.unwrap());
}

#[tokio::test]
async fn a_settling_server_cannot_be_claimed() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let holder = Uuid::new_v4();
    assert!(world.store.take_mutation(server, holder, LEASE).await.unwrap());
    world.store.settle_mutation(server, Uuid::new_v4(), LEASE).await.unwrap();
    assert!(
        world.store.take_mutation(server, holder, LEASE).await.unwrap(),
        "it was another's word"
    );
    world.store.settle_mutation(server, holder, LEASE).await.unwrap();
    assert!(!world.store.take_mutation(server, holder, LEASE).await.unwrap());
    world.store.settle_mutation(server, holder, LEASE).await.unwrap();
}
