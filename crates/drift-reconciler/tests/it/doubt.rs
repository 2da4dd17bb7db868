//! An implausible or failed listing never means that everything is missing.

use drift_reconciler::SweepOutcome;
use model::drift::Field;
use simulators::virtualmin::{Fault, FaultKind};

use crate::world::World;

#[tokio::test]
async fn a_host_that_suddenly_lists_nothing_raises_one_alert_and_files_no_job() {
    let world = World::new().await;
    let host = world.host().await;
    let sites = world.sites(&host, 3).await;
    let jobs = world.jobs().await;
    let made = host.panel.domains();
    for site in &sites {
        assert!(host.panel.delete_by_hand(site.domain.as_str()));
    }
    for _ in 0..3 {
        assert_eq!(world.sweep(host.server).await, SweepOutcome::Doubted);
    }
    assert_eq!(world.jobs().await, jobs);
    assert_eq!(world.open_fields().await, [Field::Listing]);
    assert_eq!(world.findings(true).await[0].count, 3);
    let events = world.events("drift.detected").await;
    assert_eq!(events.len(), 1);
    assert_eq!(
        (&events[0]["field"], &events[0]["severity"]),
        (&"listing".into(), &"critical".into())
    );

    // The panel lists everything again: the alert closes, and no job was filed.
    for server in made {
        assert!(host.panel.create_by_hand(&server.domain, &server.username));
        assert!(host.panel.edit(&server.domain.clone(), |it| *it = server));
    }
    assert_eq!(world.sweep(host.server).await, SweepOutcome::Clean);
    assert!(world.open_fields().await.is_empty());
    assert_eq!(world.jobs().await, jobs);
}

#[tokio::test]
async fn more_than_the_tolerated_share_of_changes_files_no_job_and_that_share_does() {
    let world = World::new().await;
    let host = world.host().await;
    let sites = world.sites(&host, 10).await;
    let jobs = world.jobs().await;
    for site in &sites[..4] {
        assert!(host.panel.disable_by_hand(site.domain.as_str()));
    }
    assert_eq!(world.sweep(host.server).await, SweepOutcome::Doubted);
    assert_eq!(world.open_fields().await, [Field::Listing]);
    assert_eq!(world.jobs().await, jobs);
    assert!(host.panel.enable_by_hand(sites[0].domain.as_str()));
    let drifted = SweepOutcome::Drifted { differences: 3, jobs: 3 };
    assert_eq!(world.sweep(host.server).await, drifted);
    assert_eq!(world.open_fields().await, [Field::Status; 3]);
}

#[tokio::test]
async fn a_listing_that_is_cut_or_a_page_or_hangs_is_a_failed_check_and_nothing_is_missing() {
    let world = World::new().await;
    let host = world.host().await;
    let site = world.site(&host).await;
    let jobs = world.jobs().await;
    for (failed, wrong) in [
        FaultKind::TruncatedBody,
        FaultKind::HtmlPage,
        FaultKind::Status { status: 500 },
        FaultKind::LostBeforeEffect,
        FaultKind::Hang,
    ]
    .into_iter()
    .enumerate()
    {
        let before: i32 = failures(&world).await;
        assert_eq!(before as usize, failed, "{wrong:?}");
        host.panel.inject("list-domains", Fault::once(wrong.clone()));
        assert_eq!(world.sweep(host.server).await, SweepOutcome::Unhealthy, "{wrong:?}");
    }
    assert!(world.findings(true).await.is_empty());
    assert_eq!(world.jobs().await, jobs);
    assert_eq!(world.sweep(host.server).await, SweepOutcome::Clean);
    assert_eq!(failures(&world).await, 0);
    assert!(host.serves(&site));
}

#[tokio::test]
async fn a_failed_check_neither_closes_findings_nor_counts_them() {
    let world = World::new().await;
    let host = world.host().await;
    assert!(host.panel.create_by_hand("stray.test", "stray"));
    world.sweep(host.server).await;
    host.panel.inject("list-domains", Fault::once(FaultKind::HtmlPage));
    assert_eq!(world.sweep(host.server).await, SweepOutcome::Unhealthy);
    assert_eq!(world.findings(true).await[0].count, 1);
}

async fn failures(world: &World) -> i32 {
    let failures = "SELECT coalesce(max(failures), 0) FROM server_sweeps";
    sqlx::query_scalar(failures).fetch_one(&world.pool).await.unwrap()
}
