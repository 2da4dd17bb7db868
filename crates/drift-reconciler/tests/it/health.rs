//! A server that fails its checks goes down in two steps and comes back with one; a person's choice has priority.

use drift_reconciler::SweepOutcome;
use model::server::ServerStatus;
use simulators::virtualmin::{Fault, FaultKind};

use crate::world::World;

#[tokio::test]
async fn a_server_that_fails_goes_down_in_two_steps_and_returns_by_itself() {
    let world = World::new().await;
    let host = world.host().await;
    host.panel.inject("info", Fault::always(FaultKind::Status { status: 503 }));
    let mut way = Vec::new();
    for _ in 0..7 {
        assert_eq!(world.sweep(host.server).await, SweepOutcome::Unhealthy);
        way.push(world.status(host.server).await);
    }
    use ServerStatus::{Active, Degraded, Unavailable};
    assert_eq!(way, [Active, Active, Degraded, Degraded, Degraded, Unavailable, Unavailable]);
    let ill = world.store.server_by_id(host.server).await.unwrap().unwrap();
    assert!(ill.status_reason.unwrap().starts_with("6 checks in a row failed"));
    host.panel.clear_faults();
    assert_eq!(world.sweep(host.server).await, SweepOutcome::Clean);
    assert_eq!(world.status(host.server).await, Active);
    let told = world.events("server.health_changed").await;
    let told: Vec<_> = told.iter().map(|it| it["status"].as_str().unwrap()).collect();
    assert_eq!(told, ["degraded", "unavailable", "active"]);
}

#[tokio::test]
async fn a_status_that_a_person_has_set_stays() {
    let world = World::new().await;
    let host = world.host().await;
    host.panel.inject("info", Fault::always(FaultKind::Status { status: 503 }));
    for _ in 0..3 {
        world.sweep(host.server).await;
    }
    assert_eq!(world.status(host.server).await, ServerStatus::Degraded);
    world.set_status(host.server, ServerStatus::Draining).await;
    for _ in 0..5 {
        world.sweep(host.server).await;
    }
    assert_eq!(world.status(host.server).await, ServerStatus::Draining);
    host.panel.clear_faults();
    assert_eq!(world.sweep(host.server).await, SweepOutcome::Clean);
    assert_eq!(world.status(host.server).await, ServerStatus::Draining);
}

#[tokio::test]
async fn a_server_in_maintenance_is_not_even_asked() {
    let world = World::new().await;
    let host = world.host().await;
    world.set_status(host.server, ServerStatus::Maintenance).await;
    assert_eq!(world.reconciler.sweep_next().await.unwrap(), None);
    assert_eq!(host.panel.calls("info"), 0);
}

#[tokio::test]
async fn another_certificate_or_wrong_credentials_are_failed_checks() {
    let world = World::new().await;
    let host = world.host().await;
    host.panel.set_password("changed");
    assert_eq!(world.sweep(host.server).await, SweepOutcome::Unhealthy);
    let error = world.last_error().await;
    assert!(!error.is_empty() && !error.contains("changed"), "{error}");
    let another = world.host().await;
    sqlx::query("UPDATE servers SET certificate_sha256 = repeat('ab', 32)")
        .execute(&world.pool)
        .await
        .unwrap();
    assert_eq!(world.sweep(another.server).await, SweepOutcome::Unhealthy);
}

#[tokio::test]
async fn a_program_that_we_need_and_the_host_lacks_is_a_failed_check() {
    let world = World::new().await;
    let host = world.host().await;
    let site = world.site(&host).await;
    host.panel.uninstall("enable-domain");
    assert_eq!(world.sweep(host.server).await, SweepOutcome::Unhealthy);
    let error = world.last_error().await;
    assert!(error.contains("lacks") && error.contains("enable-domain"), "{error}");
    assert!(world.findings(true).await.is_empty() && host.serves(&site));
    host.panel.install_all();
    assert_eq!(world.sweep(host.server).await, SweepOutcome::Clean);
}

#[tokio::test]
async fn a_failure_of_most_servers_at_once_changes_no_status() {
    let world = World::new().await;
    let servers = [world.dead_server().await, world.dead_server().await, world.dead_server().await];
    for _ in 0..7 {
        for server in servers {
            assert_eq!(world.sweep(server).await, SweepOutcome::Unhealthy);
        }
    }
    for server in servers {
        assert_eq!(world.status(server).await, ServerStatus::Active);
    }
    assert!(world.events("server.health_changed").await.is_empty());
}

#[tokio::test]
async fn one_failing_server_of_three_changes_its_status() {
    let world = World::new().await;
    let (dead, _, _) = (world.dead_server().await, world.host().await, world.host().await);
    for _ in 0..3 {
        world.sweep(dead).await;
    }
    assert_eq!(world.status(dead).await, ServerStatus::Degraded);
}

#[tokio::test]
async fn changed_versions_of_a_server_are_recorded() {
    let world = World::new().await;
    let host = world.host().await;
    for version in ["8.1.0", "8.2.0"] {
        host.panel.upgrade(version);
        world.sweep(host.server).await;
        let server = world.store.server_by_id(host.server).await.unwrap().unwrap();
        assert_eq!(server.version.as_deref(), Some(version));
    }
}
