//! Wherever `account.terminate` is interrupted, the row is true of the virtual server.

use engine::{
    Injected, Injection, Moment,
    walk::{drive, walk},
};
use fixtures::Site;
use model::{
    account::{AccountStatus, ProvisionAccount, TerminateAccount},
    fault::{Fault, FaultKind},
    job::{JobKind, JobStatus},
};
use simulators::virtualmin::EffectKind;

use crate::world::World;

fn terminate(site: &Site) -> TerminateAccount {
    TerminateAccount { account_id: site.account }
}

async fn unprotected_site(world: &World) -> Site {
    let site = world.standing_site().await;
    world.unprotect(&site).await;
    site
}

async fn assert_all_is_gone(world: &World, site: &Site) {
    assert!(world.is_hosted_nowhere(site));
    assert_eq!(world.times(site, EffectKind::Deleted), 1);
    assert_eq!(world.zone(site).await, None);
    assert!(!world.wants_zone(site).await);
    assert_eq!(world.status(site).await, AccountStatus::Terminated);
    assert_eq!(world.told(site, "account.terminated").await, 1);
}

async fn assert_all_is_as_before(world: &World, site: &Site) {
    assert!(world.is_hosted(site).await);
    assert_eq!(world.times(site, EffectKind::Deleted), 0);
    assert!(world.is_served(site).await && world.wants_zone(site).await);
    assert_eq!(world.status(site).await, AccountStatus::Active);
    assert_eq!(world.told(site, "account.terminated").await, 0);
}

#[tokio::test]
async fn an_account_is_gone_or_works_as_before_and_its_row_knows_which() {
    let world = World::new().await;
    let new_site = async || {
        let site = unprotected_site(&world).await;
        let job = world.file(&terminate(&site)).await;
        (site, job)
    };
    walk(
        &world.engine,
        &world.store,
        JobKind::AccountTerminate,
        new_site,
        async |site, status, case| {
            let gone = world.is_hosted_nowhere(site);
            match status {
                JobStatus::Completed => assert!(gone, "{case}"),
                // Nothing brings the virtual server back, so the job waits for a person.
                JobStatus::Stuck => assert!(gone, "{case}"),
                _ => {}
            }
            match gone {
                true => assert_all_is_gone(&world, site).await,
                false => assert_all_is_as_before(&world, site).await,
            }
        },
    )
    .await;
}

#[tokio::test]
async fn a_deletion_that_cannot_be_undone_calls_a_person_who_can_close_the_job() {
    let world = World::new().await;
    let site = unprotected_site(&world).await;
    let job = world.file(&terminate(&site)).await;
    let injection = Injection {
        step: "delete-virtual-server",
        moment: Moment::AfterEffect,
        injected: Injected::Fault(Fault::new(FaultKind::Refused, "injected")),
    };
    assert_eq!(drive(&world.engine, job, &[injection]).await, JobStatus::Stuck);
    assert_all_is_gone(&world, &site).await;
    let letters = world.store.dead_letters(10).await.unwrap();
    let letter = letters.iter().find(|it| it.job_id == Some(job)).unwrap();
    assert!(letter.reason.contains("deletion is not reversible"), "{}", letter.reason);
    assert_eq!(world.again(job).await.status, JobStatus::Failed);
    assert_all_is_gone(&world, &site).await;
}

#[tokio::test]
async fn a_protected_account_is_refused_and_untouched() {
    let world = World::new().await;
    let site = world.standing_site().await;
    let fault = world.failed(&terminate(&site)).await;
    assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
    assert!(fault.message.contains("protected"), "{fault}");
    assert_all_is_as_before(&world, &site).await;
}

#[tokio::test]
async fn an_account_protected_while_its_dns_was_withdrawn_is_left_standing() {
    let world = World::new().await;
    let site = unprotected_site(&world).await;
    let job = world.file(&terminate(&site)).await;
    assert_eq!(engine::walk::turn(&world.engine, job, &[]).await, engine::Outcome::Waiting);
    let tx = world.store.begin().await.unwrap();
    assert!(tx.set_protection(site.account, true).await.unwrap());
    tx.commit().await.unwrap();
    let ended = world.driven(job).await;
    assert_eq!(ended.status, JobStatus::Failed, "{:?}", ended.fault);
    assert_all_is_as_before(&world, &site).await;
}

#[tokio::test]
async fn terminating_a_missing_virtual_server_is_success() {
    let world = World::new().await;
    let site = unprotected_site(&world).await;
    assert!(world.host.delete_by_hand(site.domain.as_str()));
    world.completed(&terminate(&site)).await;
    world.completed(&terminate(&site)).await;
    assert_eq!(world.status(&site).await, AccountStatus::Terminated);
    assert_eq!(world.zone(&site).await, None);
    assert_eq!(world.told(&site, "account.terminated").await, 1);

    // A provisioning that failed has left nothing to terminate either.
    let failed = world.site().await;
    assert!(world.host.create_by_hand(failed.domain.as_str(), "stranger"));
    world.failed(&ProvisionAccount { account_id: failed.account }).await;
    world.completed(&terminate(&failed)).await;
    assert_eq!(world.status(&failed).await, AccountStatus::Failed);
    assert!(world.host.domain(failed.domain.as_str()).is_some());
}

#[tokio::test]
async fn a_foreign_virtual_server_in_its_place_is_not_deleted() {
    let world = World::new().await;
    let site = unprotected_site(&world).await;
    let domain = site.domain.as_str();
    assert!(world.host.delete_by_hand(domain) && world.host.create_by_hand(domain, "stranger"));
    let fault = world.failed(&terminate(&site)).await;
    assert_eq!(fault.kind, FaultKind::Conflict, "{fault}");
    assert!(world.host.domain(domain).is_some());
    assert_eq!(world.status(&site).await, AccountStatus::Active);
    assert!(world.is_served(&site).await, "DNS is back as it was");
}
