//! One sweep and its job undo a deletion or switch by hand; for other differences the policy decides.

use drift_reconciler::SweepOutcome;
use model::{
    account::AccountStatus,
    drift::{Field, Policy, TermsPolicy},
    job::{JobKind, JobStatus},
};
use simulators::virtualmin::{Fault, FaultKind};

use crate::world::World;

#[tokio::test]
async fn a_virtual_server_deleted_by_hand_is_back_after_the_next_sweep_and_its_finding_closes() {
    let world = World::new().await;
    let host = world.host().await;
    let site = world.site(&host).await;
    world.site(&host).await;
    assert!(host.panel.delete_by_hand(site.domain.as_str()));

    let drifted = SweepOutcome::Drifted { differences: 1, jobs: 1 };
    assert_eq!(world.sweep(host.server).await, drifted);
    let finding = world.findings(true).await.remove(0);
    assert_eq!(finding.difference.account_id, Some(site.account));
    assert_eq!(finding.difference.field, Field::Existence);
    assert_eq!(world.work_well().await, 1);
    assert!(host.serves(&site));
    assert_eq!(world.sweep(host.server).await, SweepOutcome::Clean);
    assert!(world.findings(true).await.is_empty());
    let closed = world.findings(false).await.remove(0);
    assert_eq!((closed.id, closed.job_id.is_some()), (finding.id, true));
    let events = world.events("drift.detected").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["finding_id"], finding.id.to_string());
    assert_eq!(events[0]["severity"], "critical");
}

#[tokio::test]
async fn a_virtual_server_disabled_by_hand_is_on_again() {
    let world = World::new().await;
    let host = world.host().await;
    let site = world.site(&host).await;
    assert!(host.panel.disable_by_hand(site.domain.as_str()));
    world.sweep(host.server).await;
    assert_eq!(world.open_fields().await, [Field::Status]);
    assert_eq!(world.work_well().await, 1);
    assert!(host.serves(&site));
}

#[tokio::test]
async fn a_virtual_server_that_must_be_off_is_switched_off_again() {
    let world = World::new().await;
    let host = world.host().await;
    let site = world.site(&host).await;
    let tx = world.store.begin().await.unwrap();
    let (active, suspended) = (AccountStatus::Active, AccountStatus::Suspended);
    assert!(tx.set_account_status(site.account, active, suspended).await.unwrap());
    tx.commit().await.unwrap();
    world.sweep(host.server).await;
    assert_eq!(world.work_well().await, 1);
    assert!(host.panel.domain(site.domain.as_str()).unwrap().disabled.is_some());
}

#[tokio::test]
async fn one_job_heals_all_differences_of_an_account_and_no_second_is_filed_beside_it() {
    let world = World::new().await;
    let host = world.host().await;
    let site = world.site(&host).await;
    world.set_policy(host.server, Policy { terms: TermsPolicy::Heal, ..Policy::default() }).await;
    assert!(host.panel.disable_by_hand(site.domain.as_str()));
    assert!(host.panel.edit(site.domain.as_str(), |it| it.limits.quota_blocks = 7));
    let drifted = SweepOutcome::Drifted { differences: 2, jobs: 1 };
    assert_eq!(world.sweep(host.server).await, drifted);
    // While its job waits, the account is not judged: its findings stay open, and no job is filed.
    assert_eq!(world.sweep(host.server).await, SweepOutcome::Clean);
    assert_eq!(world.open_fields().await, [Field::Status, Field::Quota]);
    assert_eq!(world.work_well().await, 1);
    assert!(host.serves(&site));
    assert_eq!(world.sweep(host.server).await, SweepOutcome::Clean);
    assert!(world.open_fields().await.is_empty());
}

#[tokio::test]
async fn another_quota_is_reported_and_healed_only_where_the_policy_says_so() {
    let world = World::new().await;
    let host = world.host().await;
    let site = world.site(&host).await;
    assert!(host.panel.edit(site.domain.as_str(), |it| it.limits.quota_blocks = 7));
    let reported = SweepOutcome::Drifted { differences: 1, jobs: 0 };
    assert_eq!(world.sweep(host.server).await, reported);
    assert_eq!(world.open_fields().await, [Field::Quota]);
    world.set_policy(host.server, Policy { terms: TermsPolicy::Heal, ..Policy::default() }).await;
    let healed = SweepOutcome::Drifted { differences: 1, jobs: 1 };
    assert_eq!(world.sweep(host.server).await, healed);
    assert_eq!(world.work_well().await, 1);
    assert!(host.serves(&site));
}

#[tokio::test]
async fn a_difference_that_no_job_can_heal_is_reported_and_untouched() {
    let world = World::new().await;
    let host = world.host().await;
    let sites = world.sites(&host, 2).await;
    let [taken, poorer] = [&sites[0], &sites[1]].map(|it| it.domain.as_str());
    assert!(host.panel.delete_by_hand(taken) && host.panel.create_by_hand(taken, "stranger"));
    assert!(host.panel.edit(poorer, |it| it.features.retain(|feature| feature != "mail")));
    let before = host.panel.domains();
    let drifted = SweepOutcome::Drifted { differences: 2, jobs: 0 };
    assert_eq!(world.sweep(host.server).await, drifted);
    assert_eq!(world.open_fields().await, [Field::Owner, Field::Features]);
    assert_eq!(host.panel.domains(), before);
}

#[tokio::test]
async fn a_failing_heal_is_repeated_at_growing_intervals() {
    let world = World::new().await;
    let host = world.host().await;
    let site = world.site(&host).await;
    assert!(host.panel.disable_by_hand(site.domain.as_str()));
    let refusal = FaultKind::Failure { error: "The moon is in the wrong house".to_owned() };
    host.panel.inject("enable-domain", Fault::always(refusal));
    let mut filed_with = Vec::new();
    for sweep in 1..=9 {
        world.sweep(host.server).await;
        let jobs = world.work().await;
        assert!(jobs.iter().all(|it| it.kind == JobKind::AccountHeal));
        assert!(jobs.iter().all(|it| it.status == JobStatus::Failed));
        filed_with.extend(jobs.iter().map(|_| sweep));
    }
    assert_eq!(filed_with, [1, 2, 4, 8]);
    assert_eq!(world.events("drift.detected").await.len(), 1, "it is told once");
    assert_eq!(world.findings(true).await[0].count, 9);
}
