//! Wherever `account.heal` is interrupted, the virtual server is never further from its row than before.

use engine::walk::walk;
use fixtures::Site;
use model::{
    account::{AccountStatus, HealAccount, SuspendAccount},
    fault::FaultKind,
    job::{JobKind, JobStatus},
};
use simulators::virtualmin::EffectKind;

use crate::world::World;

fn heal(site: &Site) -> HealAccount {
    HealAccount { account_id: site.account, terms: false }
}

#[tokio::test]
async fn a_virtual_server_deleted_by_hand_is_back_or_the_job_says_why_not() {
    let world = World::new().await;
    let deleted_site = async || {
        let site = world.standing_site().await;
        assert!(world.host.delete_by_hand(site.domain.as_str()));
        let job = world.file(&HealAccount { terms: true, ..heal(&site) }).await;
        (site, job)
    };
    walk(
        &world.engine,
        &world.store,
        JobKind::AccountHeal,
        deleted_site,
        async |site, status, case| {
            if status == JobStatus::Completed {
                assert!(world.is_hosted(site).await, "{case}");
                assert_eq!(world.times(site, EffectKind::Created), 2, "{case}");
            } else {
                assert_eq!(status, JobStatus::Failed, "{case}");
            }
            assert_eq!(world.times(site, EffectKind::Deleted), 0, "{case}");
            assert_eq!(world.status(site).await, AccountStatus::Active, "{case}");
        },
    )
    .await;
}

#[tokio::test]
async fn a_suspended_account_deleted_by_hand_comes_back_switched_off() {
    let world = World::new().await;
    let site = world.standing_site().await;
    world
        .completed(&SuspendAccount { account_id: site.account, reason: "unpaid".to_owned() })
        .await;
    assert!(world.host.delete_by_hand(site.domain.as_str()));
    world.completed(&heal(&site)).await;
    assert!(world.is_switched_off(&site));
    assert_eq!(world.status(&site).await, AccountStatus::Suspended);
}

#[tokio::test]
async fn a_virtual_server_switched_by_hand_is_switched_back() {
    let world = World::new().await;
    let site = world.standing_site().await;
    assert!(world.host.disable_by_hand(site.domain.as_str()));
    world.completed(&heal(&site)).await;
    assert!(world.is_hosted(&site).await);
    assert_eq!(world.times(&site, EffectKind::Created), 1);

    world
        .completed(&SuspendAccount { account_id: site.account, reason: "unpaid".to_owned() })
        .await;
    assert!(world.host.enable_by_hand(site.domain.as_str()));
    world.completed(&heal(&site)).await;
    assert!(world.is_switched_off(&site));
}

#[tokio::test]
async fn a_quota_is_set_again_only_on_request() {
    let world = World::new().await;
    let site = world.standing_site().await;
    assert!(world.host.edit(site.domain.as_str(), |it| it.limits.quota_blocks = 1));
    world.completed(&heal(&site)).await;
    assert!(!world.is_hosted(&site).await);
    world.completed(&HealAccount { terms: true, ..heal(&site) }).await;
    assert!(world.is_hosted(&site).await);
}

#[tokio::test]
async fn a_correct_account_is_left_unchanged() {
    let world = World::new().await;
    let site = world.standing_site().await;
    let before = world.host.domain(site.domain.as_str());
    world.completed(&heal(&site)).await;
    assert_eq!(world.host.domain(site.domain.as_str()), before);
    assert_eq!(world.times(&site, EffectKind::Created), 1);
    assert_eq!(world.times(&site, EffectKind::Enabled), 0);
}

#[tokio::test]
async fn someone_elses_virtual_server_under_the_domain_is_never_touched() {
    let world = World::new().await;
    let site = world.standing_site().await;
    let domain = site.domain.as_str();
    assert!(world.host.delete_by_hand(domain) && world.host.create_by_hand(domain, "stranger"));
    let before = world.host.domain(domain);
    let fault = world.failed(&heal(&site)).await;
    assert_eq!(fault.kind, FaultKind::Conflict, "{fault}");
    assert_eq!(world.host.domain(domain), before);
}

#[tokio::test]
async fn an_account_that_is_not_made_yet_is_not_made_by_healing() {
    let world = World::new().await;
    let site = world.site().await;
    world.completed(&heal(&site)).await;
    assert!(world.is_hosted_nowhere(&site));
    assert_eq!(world.status(&site).await, AccountStatus::Pending);
}
