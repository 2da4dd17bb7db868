//! Wherever `account.suspend` and `account.unsuspend` are interrupted, host and row agree in the end.

use engine::walk::walk;
use fixtures::Site;
use model::{
    account::{AccountStatus, SuspendAccount, UnsuspendAccount},
    fault::FaultKind,
    job::{JobKind, JobStatus},
    service::ServiceStatus,
};
use simulators::virtualmin::EffectKind;

use crate::world::World;

fn suspend(site: &Site) -> SuspendAccount {
    SuspendAccount { account_id: site.account, reason: "unpaid: invoice 7".to_owned() }
}

fn unsuspend(site: &Site) -> UnsuspendAccount {
    UnsuspendAccount { account_id: site.account }
}

#[tokio::test]
async fn a_suspension_holds_or_never_was() {
    let world = World::new().await;
    let new_site = async || {
        let site = world.standing_site().await;
        let job = world.file(&suspend(&site)).await;
        (site, job)
    };
    walk(
        &world.engine,
        &world.store,
        JobKind::AccountSuspend,
        new_site,
        async |site, status, case| {
            let suspended = world.told(site, "account.suspended").await;
            if status == JobStatus::Completed {
                assert!(world.is_switched_off(site), "{case}");
                assert_eq!(world.status(site).await, AccountStatus::Suspended, "{case}");
                assert_eq!(world.times(site, EffectKind::Disabled), 1, "{case}");
                assert_eq!(world.times(site, EffectKind::Enabled), 0, "{case}");
                assert_eq!(suspended, 1, "{case}");
            } else {
                assert_eq!(status, JobStatus::Failed, "{case}");
                assert!(world.is_hosted(site).await, "{case}");
                assert_eq!(world.status(site).await, AccountStatus::Active, "{case}");
                // A published suspension is followed by its published end.
                assert_eq!(world.told(site, "account.unsuspended").await, suspended, "{case}");
            }
            assert!(world.is_served(site).await, "{case}: DNS stays as it is");
        },
    )
    .await;
}

#[tokio::test]
async fn the_end_of_a_suspension_holds_or_never_was() {
    let world = World::new().await;
    let new_site = async || {
        let site = world.standing_site().await;
        world.completed(&suspend(&site)).await;
        let job = world.file(&unsuspend(&site)).await;
        (site, job)
    };
    walk(
        &world.engine,
        &world.store,
        JobKind::AccountUnsuspend,
        new_site,
        async |site, status, case| {
            let unsuspended = world.told(site, "account.unsuspended").await;
            if status == JobStatus::Completed {
                assert!(world.is_hosted(site).await, "{case}");
                assert_eq!(world.status(site).await, AccountStatus::Active, "{case}");
                assert_eq!(world.times(site, EffectKind::Enabled), 1, "{case}");
                assert_eq!(unsuspended, 1, "{case}");
            } else {
                assert_eq!(status, JobStatus::Failed, "{case}");
                assert!(world.is_switched_off(site), "{case}");
                assert_eq!(world.status(site).await, AccountStatus::Suspended, "{case}");
                assert_eq!(world.told(site, "account.suspended").await, unsuspended + 1, "{case}");
            }
        },
    )
    .await;
}

#[tokio::test]
async fn a_repeated_switch_is_success_and_published_once() {
    let world = World::new().await;
    let site = world.standing_site().await;
    world.completed(&unsuspend(&site)).await;
    assert_eq!(world.told(&site, "account.unsuspended").await, 0);
    world.completed(&suspend(&site)).await;
    world.completed(&suspend(&site)).await;
    assert_eq!(world.told(&site, "account.suspended").await, 1);
    assert_eq!(world.times(&site, EffectKind::Disabled), 1);
    assert!(world.is_switched_off(&site));
}

#[tokio::test]
async fn a_suspension_that_billing_took_back_before_it_began_switches_nothing() {
    let world = World::new().await;
    let site = world.standing_site().await;
    let job = world.file(&suspend(&site)).await;
    world.want(&site.account.target(), ServiceStatus::Active).await;
    assert_eq!(world.driven(job).await.status, JobStatus::Completed);
    world.completed(&unsuspend(&site)).await;
    assert!(world.is_hosted(&site).await);
    assert_eq!(world.times(&site, EffectKind::Disabled), 0);
    assert_eq!(world.told(&site, "account.suspended").await, 0);
    assert_eq!(world.status(&site).await, AccountStatus::Active);
}

#[tokio::test]
async fn the_reason_is_shown_on_the_panel() {
    let world = World::new().await;
    let site = world.standing_site().await;
    world.completed(&suspend(&site)).await;
    let disabled = world.host.domain(site.domain.as_str()).unwrap().disabled.unwrap();
    assert_eq!(disabled.why.as_deref(), Some("unpaid: invoice 7"));
}

#[tokio::test]
async fn a_missing_virtual_server_cannot_be_suspended_and_the_row_stays_correct() {
    let world = World::new().await;
    let site = world.standing_site().await;
    assert!(world.host.delete_by_hand(site.domain.as_str()));
    let fault = world.failed(&suspend(&site)).await;
    assert_eq!(fault.kind, FaultKind::NotFound, "{fault}");
    assert_eq!(world.status(&site).await, AccountStatus::Active);
}

#[tokio::test]
async fn an_account_that_is_not_made_yet_is_refused() {
    let world = World::new().await;
    let site = world.site().await;
    let fault = world.failed(&suspend(&site)).await;
    assert_eq!(fault.kind, FaultKind::Refused);
    assert_eq!(world.status(&site).await, AccountStatus::Pending);
}
