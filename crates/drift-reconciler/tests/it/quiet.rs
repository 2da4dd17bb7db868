//! A sweep without a finding writes only its own table, and publishes nothing.

use drift_reconciler::SweepOutcome;

use crate::world::World;

#[tokio::test]
async fn a_sweep_with_nothing_to_do_touches_no_table_but_its_own() {
    let world = World::new().await;
    let host = world.host().await;
    world.sites(&host, 3).await;
    // The first sweep records the server's version.
    assert_eq!(world.sweep(host.server).await, SweepOutcome::Clean);
    let before = world.digests().await;
    for wanted in [
        "servers",
        "services",
        "accounts",
        "plans",
        "jobs",
        "outbox",
        "audit_log",
        "drift_findings",
    ] {
        assert!(before.contains_key(wanted), "{wanted} is looked at");
    }
    let effects = host.panel.effects().len();
    for _ in 0..3 {
        assert_eq!(world.sweep(host.server).await, SweepOutcome::Clean);
    }
    assert_eq!(world.digests().await, before);
    assert_eq!(host.panel.effects().len(), effects);
}
