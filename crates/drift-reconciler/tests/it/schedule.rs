//! Any number of replicas share the servers, and each server is swept once in its period.

use std::collections::HashMap;

use chassis::config::load_from;
use drift_reconciler::{Config, HealthSettings, Reconciler, SweepOutcome, SweepSettings};
use model::server::{Server, ServerKind};
use panels::Virtualmin;
use tokio::task::JoinSet;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_share_the_servers_and_sweep_none_twice() {
    let world = World::new().await;
    let mut hosts = Vec::new();
    for _ in 0..4 {
        hosts.push(world.host().await);
    }
    let mut replicas = JoinSet::new();
    for _ in 0..2 {
        let gateway = Virtualmin::connect(&world.gateway_url.parse().unwrap()).unwrap();
        let (sweep, health) = (SweepSettings::default(), HealthSettings::default());
        let replica = Reconciler::new(world.store.clone(), gateway, sweep, health);
        replicas.spawn(async move {
            let mut swept = 0;
            while let Some(outcome) = replica.sweep_next().await.unwrap() {
                assert_eq!(outcome, SweepOutcome::Clean);
                swept += 1;
            }
            swept
        });
    }
    let swept: usize = replicas.join_all().await.into_iter().sum();
    assert_eq!(swept, 4);
    for host in &hosts {
        assert_eq!(host.panel.calls("list-domains"), 1);
    }
}

#[tokio::test]
async fn servers_without_a_panel_are_not_swept() {
    let world = World::new().await;
    for kind in [ServerKind::Bare, ServerKind::Bench] {
        let server = Server { kind, url: None, ..fixtures::rows::server(world.tenant) };
        world.insert_server(&server, "root", "none").await;
    }
    world.store.ensure_sweeps().await.unwrap();
    assert_eq!(world.reconciler.sweep_next().await.unwrap(), None);
}

#[tokio::test]
async fn an_unreachable_gateway_is_no_failed_check_of_the_server() {
    let world = World::new().await;
    let host = world.host().await;
    let nowhere = format!("http://127.0.0.1:{}", testkit::free_port()).parse().unwrap();
    let (sweep, health) = (SweepSettings::default(), HealthSettings::default());
    let gateway = Virtualmin::connect(&nowhere).unwrap();
    let blind = Reconciler::new(world.store.clone(), gateway, sweep, health);
    assert_eq!(blind.sweep_next().await.unwrap(), Some(SweepOutcome::Blind));
    let failures: i32 =
        sqlx::query_scalar("SELECT failures FROM server_sweeps WHERE server_id = $1")
            .bind(host.server.uuid())
            .fetch_one(&world.pool)
            .await
            .unwrap();
    assert_eq!(failures, 0);
}

#[tokio::test]
async fn a_sweep_that_cannot_be_written_is_tried_again_with_the_next_period() {
    let world = World::new().await;
    let host = world.host().await;
    assert!(host.panel.create_by_hand("stray.test", "stray"));
    let refuse = "ALTER TABLE drift_findings ADD CONSTRAINT broken CHECK (false)";
    sqlx::query(refuse).execute(&world.pool).await.unwrap();
    world.reconciler.sweep_next().await.unwrap_err();
    // The server is due after the period, and not after the lease of eight seconds.
    let waits: bool = sqlx::query_scalar(
        "SELECT holder IS NULL AND due_at = last_started_at + interval '300 seconds' FROM server_sweeps",
    )
    .fetch_one(&world.pool)
    .await
    .unwrap();
    assert!(waits);
    let mend = "ALTER TABLE drift_findings DROP CONSTRAINT broken";
    sqlx::query(mend).execute(&world.pool).await.unwrap();
    let drifted = SweepOutcome::Drifted { differences: 1, jobs: 0 };
    assert_eq!(world.sweep(host.server).await, drifted);
}

#[test]
fn reports_all_faults_of_its_configuration() {
    let wrong = [
        ("PRAHO__DATABASE__URL", "postgres://localhost/praho"),
        ("PRAHO__AMQP__URL", "amqp://localhost"),
        ("PRAHO__GATEWAY__URL", "ftp://gateway"),
        ("PRAHO__SWEEP__PERIOD_SECONDS", "0"),
        ("PRAHO__SWEEP__CONCURRENCY", "0"),
        ("PRAHO__SWEEP__LEASE_SECONDS", "1"),
        ("PRAHO__SWEEP__TOLERATED_PERCENT", "0"),
        ("PRAHO__HEALTH__DEGRADED_AFTER", "1"),
        ("PRAHO__HEALTH__UNAVAILABLE_AFTER", "1"),
    ];
    let wrong: HashMap<_, _> = wrong.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let faults = load_from::<Config>(None, wrong).unwrap_err();
    let mut keys: Vec<_> = faults.iter().map(|it| it.key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "gateway.url",
            "health.degraded_after",
            "health.unavailable_after",
            "sweep.concurrency",
            "sweep.lease_seconds",
            "sweep.period_seconds",
            "sweep.tolerated_percent",
        ]
    );
}
