//! The pace of calls to a server, shared by all callers.

use std::time::{Duration, Instant};

use model::server::Pace;
use time::OffsetDateTime;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::world::{LEASE, World};

const PATIENCE: Duration = Duration::from_secs(60);
const FAR: Duration = Duration::from_secs(7200);

fn pace(calls: u32) -> Pace {
    Pace { calls, window: Duration::from_secs(1) }
}

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
        let wait = world.store.reserve_read(server, pace(4), Duration::ZERO).await.unwrap();
        assert_eq!(wait, Some(Duration::ZERO));
    }
}

#[tokio::test]
async fn a_read_waits_until_all_but_one_second_before_it_is_paid_for() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let start = Instant::now();
    world.meddle("UPDATE server_pace SET reads_paid_at = now() + interval '1 hour'").await.unwrap();
    let wait = world.store.reserve_read(server, pace(4), FAR).await.unwrap().unwrap();
    let expected = Duration::from_millis(3600 * 1000 + 250 - 1000);
    assert!(wait <= expected && wait + start.elapsed() >= expected, "{wait:?}");
}

#[tokio::test]
async fn a_caller_with_a_shorter_time_limit_reserves_nothing() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    world.meddle("UPDATE server_pace SET reads_paid_at = now() + interval '1 hour'").await.unwrap();
    let before = paid_at(&world).await;
    assert_eq!(world.store.reserve_read(server, pace(1), PATIENCE).await.unwrap(), None);
    assert_eq!(paid_at(&world).await, before);
    assert!(world.store.reserve_read(server, pace(1), FAR).await.unwrap().is_some());
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
        tasks
            .spawn(async move { store.reserve_read(server, pace(4), FAR).await.unwrap().unwrap() });
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
    world.store.reserve_read(server, pace(4), Duration::ZERO).await.unwrap().unwrap();
    assert!(paid_at(&world).await >= now + Duration::from_millis(250));
}

#[tokio::test]
async fn of_eight_who_want_a_turn_as_many_get_one_as_there_are_slots() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    for slots in [1, 3] {
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            let (store, holder) = (world.store.clone(), Uuid::new_v4());
            // A try that meets another one at the same slot gets none; the next try gets the next slot.
            tasks.spawn(async move {
                for _ in 0..8 {
                    if store.take_turn(server, slots, holder, LEASE).await.unwrap() {
                        return Some(holder);
                    }
                }
                None
            });
        }
        let holders: Vec<Uuid> = tasks.join_all().await.into_iter().flatten().collect();
        assert_eq!(holders.len(), slots as usize);
        let other = Uuid::new_v4();
        assert!(world.store.keep_turn(server, holders[0], LEASE).await.unwrap());
        assert!(!world.store.keep_turn(server, other, LEASE).await.unwrap());
        world.store.end_turn(server, other).await.unwrap();
        assert!(!world.store.take_turn(server, slots, other, LEASE).await.unwrap());
        world.store.end_turn(server, holders[0]).await.unwrap();
        assert!(world.store.take_turn(server, slots, other, LEASE).await.unwrap());
        world.meddle("DELETE FROM server_turns").await.unwrap();
    }
}

#[tokio::test]
async fn a_holder_that_died_loses_its_turn_when_its_time_is_up() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    assert!(world.store.take_turn(server, 1, Uuid::new_v4(), LEASE).await.unwrap());
    assert!(!world.store.take_turn(server, 1, Uuid::new_v4(), LEASE).await.unwrap());
    world.meddle("UPDATE server_turns SET until = now()").await.unwrap();
    assert!(world.store.take_turn(server, 1, Uuid::new_v4(), LEASE).await.unwrap());
}

#[tokio::test]
async fn a_settling_server_gives_no_turn() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let holder = Uuid::new_v4();
    assert!(world.store.take_turn(server, 1, holder, LEASE).await.unwrap());
    world.store.settle_turn(server, Uuid::new_v4(), LEASE).await.unwrap();
    assert!(world.store.keep_turn(server, holder, LEASE).await.unwrap(), "it was another's word");
    world.store.settle_turn(server, holder, LEASE).await.unwrap();
    assert!(!world.store.take_turn(server, 1, holder, LEASE).await.unwrap());
    assert!(!world.store.keep_turn(server, holder, LEASE).await.unwrap());
}
