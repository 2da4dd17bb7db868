//! Wherever `account.provision` is interrupted, the account works or nothing is left of it.

use std::cell::Cell;

use engine::walk::{drive, turn, walk};
use fixtures::Site;
use model::{
    account::{AccountStatus, ProvisionAccount},
    fault::FaultKind,
    job::{JobKind, JobStatus},
    service::ServiceStatus,
    username::Username,
};
use simulators::virtualmin::EffectKind;

use crate::world::World;

#[tokio::test]
async fn an_account_works_or_leaves_nothing() {
    let world = World::new().await;
    let sites = Cell::new(0);
    // The host has the first user name of every second site already.
    let new_site = async || {
        let site = world.site().await;
        let taken = sites.replace(sites.get() + 1) % 2;
        for name in Username::candidates(&site.domain).take(taken) {
            assert!(world.host.add_user(name.as_str()));
        }
        let job = world.file(&ProvisionAccount { account_id: site.account }).await;
        ((site, taken), job)
    };
    walk(
        &world.engine,
        &world.store,
        JobKind::AccountProvision,
        new_site,
        async |(site, taken), status, case| {
            let created = world.times(site, EffectKind::Created);
            if status == JobStatus::Completed {
                assert!(world.is_hosted(site).await, "{case}");
                let username = Username::candidates(&site.domain).nth(*taken);
                assert_eq!(world.account(site).await.username, username, "{case}");
                assert!(world.is_served(site).await, "{case}");
                assert!(world.wants_zone(site).await, "{case}");
                assert!(world.account(site).await.site.is_some(), "{case}");
                assert_eq!(created, 1, "{case}");
                assert_eq!(world.times(site, EffectKind::Deleted), 0, "{case}");
                assert_eq!(world.status(site).await, AccountStatus::Active, "{case}");
                assert_eq!(world.service_status(site).await, ServiceStatus::Active, "{case}");
                assert_eq!(world.told(site, "account.provisioned").await, 1, "{case}");
                assert_eq!(world.told(site, "account.failed").await, 0, "{case}");
            } else {
                assert_eq!(status, JobStatus::Failed, "{case}");
                assert_nothing_is_left(&world, site).await;
                assert!(created <= 1, "{case}");
                assert_eq!(world.times(site, EffectKind::Deleted), created, "{case}");
            }
        },
    )
    .await;
    let server = world.store.server_by_id(world.server).await.unwrap().unwrap();
    assert_eq!(server.accounts as usize, world.host.domains().len(), "places that are taken");
    assert!(world.store.check_audit(0, 1000).await.unwrap().breaks.is_empty());
}

async fn assert_nothing_is_left(world: &World, site: &Site) {
    assert!(world.is_hosted_nowhere(site));
    assert_eq!(world.zone(site).await, None);
    assert!(!world.wants_zone(site).await);
    assert_eq!(world.account(site).await.site, None);
    assert_eq!(world.status(site).await, AccountStatus::Failed);
    assert_eq!(world.service_status(site).await, ServiceStatus::Created);
    assert_eq!(world.told(site, "account.failed").await, 1);
}

#[tokio::test]
async fn a_foreign_zone_undoes_the_account_and_stays_unchanged() {
    let world = World::new().await;
    let site = world.site().await;
    world.make_foreign_zone(&site).await;
    let before = world.zone(&site).await.unwrap();
    let fault = world.failed(&ProvisionAccount { account_id: site.account }).await;
    assert!(fault.message.contains("records that are not ours"), "{fault}");
    assert_eq!(world.zone(&site).await.unwrap(), before);
    assert!(world.is_hosted_nowhere(&site));
    assert_eq!(world.times(&site, EffectKind::Created), 1);
    assert!(!world.wants_zone(&site).await);
    assert_eq!(world.status(&site).await, AccountStatus::Failed);
}

#[tokio::test]
async fn a_tenant_without_a_dns_server_is_refused_before_a_host_is_changed() {
    let world = World::new().await;
    let site = world.site().await;
    sqlx::query("DELETE FROM dns_servers").execute(&world.rows().await).await.unwrap();
    let fault = world.failed(&ProvisionAccount { account_id: site.account }).await;
    assert_eq!(fault.kind, FaultKind::Refused);
    assert!(fault.message.contains("register one first"), "{fault}");
    assert_eq!(world.times(&site, EffectKind::Created), 0);
    assert_nothing_is_left(&world, &site).await;
}

/// A domain of 242 to 303 octets.
fn long_domain(length: usize) -> String {
    let label = "a".repeat(59);
    format!("{label}.{label}.{label}.{label}.{}", "b".repeat(length - 4 * 60))
}

#[tokio::test]
async fn the_longest_domain_that_an_account_can_have_is_served() {
    let world = World::new().await;
    let site = world.site_of(&long_domain(244)).await;
    world.completed(&ProvisionAccount { account_id: site.account }).await;
    assert!(world.is_hosted(&site).await && world.is_served(&site).await);
}

#[tokio::test]
async fn a_domain_too_long_for_its_names_fails_before_a_host_is_changed() {
    let world = World::new().await;
    let site = world.site_of(&long_domain(245)).await;
    let fault = world.failed(&ProvisionAccount { account_id: site.account }).await;
    assert_eq!((fault.kind, fault.violations[0].field.as_str()), (FaultKind::Invalid, "domain"));
    assert!(fault.message.contains("244 are allowed"), "{fault}");
    assert_eq!(world.host.calls("create-domain"), 0);
    assert_nothing_is_left(&world, &site).await;
}

#[tokio::test]
async fn an_account_cancelled_while_its_dns_is_published_leaves_nothing() {
    let world = World::new().await;
    let site = world.site().await;
    let job = world.file(&ProvisionAccount { account_id: site.account }).await;
    turn(&world.engine, job, &[]).await;
    assert_eq!(world.job(job).await.status, JobStatus::Waiting);
    assert!(world.is_hosted(&site).await);
    cancel(&world, job).await;
    assert_eq!(drive(&world.engine, job, &[]).await, JobStatus::Cancelled);
    assert_nothing_is_left(&world, &site).await;
}

#[tokio::test]
async fn an_account_cancelled_before_its_job_began_gives_its_place_back() {
    let world = World::new().await;
    let site = world.site().await;
    let job = world.file(&ProvisionAccount { account_id: site.account }).await;
    cancel(&world, job).await;
    assert_eq!(drive(&world.engine, job, &[]).await, JobStatus::Cancelled);
    assert_nothing_is_left(&world, &site).await;
    let server = world.store.server_by_id(world.server).await.unwrap().unwrap();
    assert_eq!(server.accounts, 0);
}

#[tokio::test]
async fn an_account_that_works_is_not_made_again() {
    let world = World::new().await;
    let site = world.standing_site().await;
    let fault = world.failed(&ProvisionAccount { account_id: site.account }).await;
    assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
    assert_eq!(world.status(&site).await, AccountStatus::Active);
    assert!(world.is_hosted(&site).await && world.is_served(&site).await);
    assert_eq!(world.told(&site, "account.failed").await, 0);
}

async fn cancel(world: &World, job: model::ids::JobId) {
    let tx = world.store.begin().await.unwrap();
    tx.request_cancel(job).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn the_first_account_shows_whether_the_host_keeps_quotas() {
    let world = World::new().await;
    let keeps = async || {
        let server = world.store.server_by_id(world.server).await.unwrap();
        server.unwrap().keeps_quotas
    };
    assert_eq!(keeps().await, None);
    for keeps_quotas in [false, true] {
        world.host.keep_quotas(keeps_quotas);
        let site = world.site().await;
        world.completed(&ProvisionAccount { account_id: site.account }).await;
        assert_eq!(keeps().await, Some(keeps_quotas), "the next placement knows");
    }
}
