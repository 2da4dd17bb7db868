//! An accepted finding is neither healed nor reported again until it changes.

use drift_reconciler::SweepOutcome;
use model::drift::{Policy, TermsPolicy, UnknownPolicy};

use crate::world::World;

const ALL: Policy = Policy { terms: TermsPolicy::Heal, unknown: UnknownPolicy::Quarantine };

async fn accept_all(world: &World) {
    let tx = world.store.begin().await.unwrap();
    for finding in world.findings(true).await {
        tx.accept_finding(finding.id, "token:1").await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn an_accepted_quota_is_left_alone_until_it_is_another() {
    let world = World::new().await;
    let host = world.host().await;
    let site = world.site(&host).await;
    let set = |blocks| host.panel.edit(site.domain.as_str(), |it| it.limits.quota_blocks = blocks);
    assert!(set(7));
    world.sweep(host.server).await;
    accept_all(&world).await;
    world.set_policy(host.server, ALL).await;
    for _ in 0..3 {
        let left = SweepOutcome::Drifted { differences: 1, jobs: 0 };
        assert_eq!(world.sweep(host.server).await, left);
    }
    assert_eq!(world.events("drift.detected").await.len(), 1);
    assert!(set(8));
    let healed = SweepOutcome::Drifted { differences: 1, jobs: 1 };
    assert_eq!(world.sweep(host.server).await, healed);
    assert_eq!(world.events("drift.detected").await.len(), 2);
    assert_eq!(world.work_well().await, 1);
    assert!(host.serves(&site));
}

#[tokio::test]
async fn an_accepted_unclaimed_domain_stays_on_and_does_not_count_against_the_next() {
    let world = World::new().await;
    let host = world.host().await;
    world.site(&host).await;
    for name in ["one.test", "two.test"] {
        assert!(host.panel.create_by_hand(name, &name[..3]));
    }
    world.sweep(host.server).await;
    accept_all(&world).await;
    world.set_policy(host.server, ALL).await;
    assert!(host.panel.create_by_hand("new.test", "new"));
    let drifted = SweepOutcome::Drifted { differences: 3, jobs: 1 };
    assert_eq!(world.sweep(host.server).await, drifted);
    assert_eq!(world.work_well().await, 1);
    let is_off = |name| host.panel.domain(name).unwrap().disabled.is_some();
    assert!(is_off("new.test") && !is_off("one.test") && !is_off("two.test"));
}
