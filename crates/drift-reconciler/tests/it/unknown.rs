//! A virtual server that no row claims is reported once, and switched off only where the policy says so.

use drift_reconciler::SweepOutcome;
use model::{
    account::Account,
    drift::{Field, Policy, UnknownPolicy},
    ids::AccountId,
    job::JobKind,
};

use crate::world::World;

const QUARANTINE: Policy =
    Policy { terms: model::drift::TermsPolicy::Report, unknown: UnknownPolicy::Quarantine };

#[tokio::test]
async fn a_domain_added_by_hand_is_one_finding_over_many_sweeps() {
    let world = World::new().await;
    let host = world.host().await;
    world.site(&host).await;
    assert!(host.panel.create_by_hand("stray.test", "stray"));
    let before = host.panel.domain("stray.test");
    for _ in 0..3 {
        let drifted = SweepOutcome::Drifted { differences: 1, jobs: 0 };
        assert_eq!(world.sweep(host.server).await, drifted);
    }
    let open = world.findings(true).await;
    assert_eq!(open.len(), 1);
    assert_eq!((open[0].difference.field, open[0].count), (Field::Unknown, 3));
    assert_eq!(open[0].difference.domain, "stray.test");
    assert_eq!(world.events("drift.detected").await.len(), 1);
    assert_eq!(host.panel.domain("stray.test"), before);
    assert!(host.panel.effects_on("stray.test").is_empty());
}

#[tokio::test]
async fn an_unclaimed_domain_is_switched_off_where_the_policy_says_so_and_stays_a_finding() {
    let world = World::new().await;
    let host = world.host().await;
    world.set_policy(host.server, QUARANTINE).await;
    assert!(host.panel.create_by_hand("stray.test", "stray"));
    let drifted = SweepOutcome::Drifted { differences: 1, jobs: 1 };
    assert_eq!(world.sweep(host.server).await, drifted);
    let jobs = world.work().await;
    assert_eq!(jobs[0].kind, JobKind::DomainQuarantine);
    assert!(host.panel.domain("stray.test").unwrap().disabled.is_some());
    let drifted = SweepOutcome::Drifted { differences: 1, jobs: 0 };
    assert_eq!(world.sweep(host.server).await, drifted);
    assert_eq!(world.open_fields().await, [Field::Unknown]);
}

#[tokio::test]
async fn so_many_unclaimed_domains_that_the_rows_are_more_likely_wrong_are_left_on() {
    let world = World::new().await;
    let host = world.host().await;
    world.site(&host).await;
    world.set_policy(host.server, QUARANTINE).await;
    for name in ["one.test", "two.test"] {
        assert!(host.panel.create_by_hand(name, &name[..3]));
    }
    let drifted = SweepOutcome::Drifted { differences: 2, jobs: 0 };
    assert_eq!(world.sweep(host.server).await, drifted);
}

#[tokio::test]
async fn a_domain_with_a_mark_of_ours_is_never_switched_off() {
    let world = World::new().await;
    let host = world.host().await;
    world.set_policy(host.server, QUARANTINE).await;
    assert!(host.panel.create_by_hand("lost.test", "lost"));
    let marker = Account::marker(AccountId::generate());
    assert!(host.panel.edit("lost.test", |it| it.description = marker));
    let drifted = SweepOutcome::Drifted { differences: 1, jobs: 0 };
    assert_eq!(world.sweep(host.server).await, drifted);
}
