//! Sweeps: replicas share the servers, a claim ends with its lease, and requests and statuses of a person count.

use std::time::Duration;

use model::{
    drift::{Policy, TermsPolicy, UnknownPolicy},
    ids::ServerId,
    server::ServerStatus,
};
use store::sweeps::{Failing, Sweep, SweepEnd};
use tokio::task::JoinSet;

use crate::world::{LEASE, World, checked};

const PERIOD: Duration = Duration::from_secs(300);

/// The end of a sweep on a healthy server.
const WELL: SweepEnd<'_> = SweepEnd { failures: 0, error: None, set_status: None, next_in: PERIOD };

async fn claim(world: &World) -> Option<Sweep> {
    world.store.ensure_sweeps().await.unwrap();
    world.store.claim_sweep(LEASE).await.unwrap()
}

async fn finish(world: &World, sweep: &Sweep, end: SweepEnd<'_>) -> bool {
    let tx = world.store.begin().await.unwrap();
    let finished = tx.finish_sweep(sweep, end).await.unwrap();
    tx.commit().await.unwrap();
    finished
}

async fn make_due(world: &World, server: ServerId) {
    let tx = world.store.begin().await.unwrap();
    tx.make_sweep_due(server).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_new_server_is_due_at_once_and_then_after_its_period() {
    let world = World::new().await;
    assert!(claim(&world).await.is_none(), "there is no server");
    let server = world.server("vm1", 10).await;
    let sweep = claim(&world).await.unwrap();
    assert_eq!((sweep.server.id, sweep.failures, sweep.set_status), (server, 0, None));
    assert!(claim(&world).await.is_none(), "somebody looks at it");
    assert!(finish(&world, &sweep, WELL).await);
    assert!(claim(&world).await.is_none(), "it is not due");
    let due =
        "SELECT due_at BETWEEN now() + interval '260 seconds' AND now() + interval '331 seconds'
        FROM server_sweeps";
    assert!(sqlx::query_scalar::<_, bool>(due).fetch_one(&world.pool).await.unwrap());
}

#[tokio::test]
async fn replicas_that_claim_at_once_get_different_servers() {
    let world = World::new().await;
    for number in 0..6 {
        world.server(&format!("vm{number}"), 10).await;
    }
    let mut replicas = JoinSet::new();
    for _ in 0..12 {
        let store = world.store.clone();
        replicas.spawn(async move {
            store.ensure_sweeps().await.unwrap();
            store.claim_sweep(LEASE).await.unwrap().map(|it| it.server.id)
        });
    }
    let claimed: Vec<ServerId> = replicas.join_all().await.into_iter().flatten().collect();
    let distinct: std::collections::HashSet<_> = claimed.iter().collect();
    assert_eq!((claimed.len(), distinct.len()), (6, 6));
}

#[tokio::test]
async fn a_late_sweep_writes_nothing_and_takes_nothing_away() {
    let world = World::new().await;
    world.server("vm1", 10).await;
    let slow = claim(&world).await.unwrap();
    let ended = "UPDATE server_sweeps SET lease_until = now() - interval '1 second'";
    world.meddle(ended).await.unwrap();
    assert!(!finish(&world, &slow, WELL).await, "nobody has it, but somebody may any moment");
    let next = claim(&world).await.unwrap();
    assert!(!finish(&world, &slow, WELL).await);
    world.store.give_sweep_back(&slow, Duration::ZERO).await.unwrap();
    assert!(claim(&world).await.is_none(), "it is the other's");
    assert!(finish(&world, &next, WELL).await);
}

#[tokio::test]
async fn a_sweep_given_back_is_free_at_once() {
    let world = World::new().await;
    world.server("vm1", 10).await;
    let sweep = claim(&world).await.unwrap();
    world.store.give_sweep_back(&sweep, Duration::ZERO).await.unwrap();
    assert!(claim(&world).await.is_some());
}

#[tokio::test]
async fn a_server_that_a_person_left_alone_or_that_never_answered_is_passed_over() {
    let world = World::new().await;
    for (name, status) in [("vm1", ServerStatus::Maintenance), ("vm2", ServerStatus::Unverified)] {
        let mut server = world.new_server(name, 10);
        server.status = status;
        let tx = world.store.begin().await.unwrap();
        tx.insert_server(&server, &crate::world::credentials()).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert!(claim(&world).await.is_none());
}

#[tokio::test]
async fn a_scan_makes_the_server_due_even_during_a_sweep() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    make_due(&world, server).await;
    let sweep = claim(&world).await.unwrap();
    finish(&world, &sweep, WELL).await;
    make_due(&world, server).await;
    let sweep = claim(&world).await.unwrap();
    make_due(&world, server).await;
    finish(&world, &sweep, WELL).await;
    assert!(claim(&world).await.is_some());
}

#[tokio::test]
async fn a_status_that_checks_led_to_is_forgotten_once_another_was_set() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let degraded = ServerStatus::Degraded;
    let end = SweepEnd {
        failures: 3,
        error: Some("it does not answer"),
        set_status: Some(degraded),
        next_in: Duration::ZERO,
    };
    let sweep = claim(&world).await.unwrap();
    let tx = world.store.begin().await.unwrap();
    let (from, reason) = (ServerStatus::Active, Some("it does not answer"));
    assert!(tx.set_server_status(server, from, degraded, reason).await.unwrap());
    assert!(tx.finish_sweep(&sweep, end).await.unwrap());
    tx.commit().await.unwrap();

    let sweep = claim(&world).await.unwrap();
    assert_eq!((sweep.failures, sweep.set_status), (3, Some(degraded)));
    assert!(finish(&world, &sweep, end).await);
    world.meddle("UPDATE servers SET status = 'draining'").await.unwrap();
    assert_eq!(claim(&world).await.unwrap().set_status, None);
}

#[tokio::test]
async fn failing_servers_are_counted_but_for_the_one_that_asks() {
    let world = World::new().await;
    for name in ["vm1", "vm2", "vm3"] {
        world.server(name, 10).await;
    }
    let failed = SweepEnd { failures: 1, ..WELL };
    for end in [failed, failed, WELL] {
        let sweep = claim(&world).await.unwrap();
        finish(&world, &sweep, end).await;
    }
    let asking: uuid::Uuid =
        sqlx::query_scalar("SELECT server_id FROM server_sweeps WHERE failures = 1 LIMIT 1")
            .fetch_one(&world.pool)
            .await
            .unwrap();
    let tx = world.store.begin().await.unwrap();
    let failing = tx.failing_servers(asking.into()).await.unwrap();
    assert_eq!(failing, Failing { others: 1, all: 3 });
}

#[tokio::test]
async fn a_policy_is_kept_for_the_next_sweep() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    assert_eq!(world.store.sweep_schedule(server).await.unwrap(), None);
    let policy = Policy { terms: TermsPolicy::Heal, unknown: UnknownPolicy::Quarantine };
    let tx = world.store.begin().await.unwrap();
    let set = tx.set_drift_policy(server, policy).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((set.policy, set.swept_at, set.failures), (policy, None, 0));
    assert_eq!(world.store.sweep_schedule(server).await.unwrap(), Some(set));
    let sweep = claim(&world).await.unwrap();
    assert_eq!(sweep.policy, policy);
    let end = SweepEnd { failures: 1, error: Some("it does not answer"), ..WELL };
    assert!(finish(&world, &sweep, end).await);
    let swept = world.store.sweep_schedule(server).await.unwrap().unwrap();
    assert_eq!((swept.failures, swept.last_error.as_deref()), (1, end.error));
    assert!(swept.swept_at < Some(swept.due_at) && swept.swept_at.is_some());
}

#[tokio::test]
async fn the_database_refuses_impossible_sweeps() {
    let world = World::new().await;
    world.server("vm1", 10).await;
    world.store.ensure_sweeps().await.unwrap();
    for (change, constraint) in [
        ("terms_policy = 'quarantine'", "server_sweeps_terms_policy_check"),
        ("unknown_policy = 'heal'", "server_sweeps_unknown_policy_check"),
        ("failures = -1", "server_sweeps_failures_check"),
        ("set_status = 'maintenance'", "server_sweeps_set_status_check"),
        ("holder = gen_random_uuid()", "server_sweeps_check"),
    ] {
        let refusal = world.refusal(&format!("UPDATE server_sweeps SET {change}")).await;
        assert_eq!(refusal, checked(constraint), "{change}");
    }
}
