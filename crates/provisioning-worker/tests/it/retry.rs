//! A retry of a failed provisioning after something has changed in between.

use fixtures::Site;
use model::{
    account::{AccountStatus, ProvisionAccount},
    fault::FaultKind,
    ids::JobId,
    job::JobStatus,
    service::{Service, ServiceStatus},
};
use simulators::virtualmin::EffectKind;

use crate::world::World;

/// A site whose provisioning failed because of a foreign domain that has since been deleted.
async fn failed_site(world: &World) -> (Site, JobId) {
    let site = world.site_of("comeback.test").await;
    let job = world.file(&ProvisionAccount { account_id: site.account }).await;
    assert!(world.host.create_by_hand("comeback.test", "stranger"));
    assert_eq!(world.driven(job).await.status, JobStatus::Failed);
    assert!(world.host.delete_by_hand("comeback.test"));
    (site, job)
}

#[tokio::test]
async fn takes_its_place_again_and_works() {
    let world = World::new().await;
    let (site, job) = failed_site(&world).await;
    let ended = world.again(job).await;
    assert_eq!(ended.status, JobStatus::Completed, "{:?}", ended.fault);
    assert_eq!(world.status(&site).await, AccountStatus::Active);
    assert_eq!(world.service_status(&site).await, ServiceStatus::Active);
    assert_eq!(world.times(&site, EffectKind::Created), 1);
    assert!(world.is_hosted(&site).await && world.is_served(&site).await);
    let server = world.store.server_by_id(world.server).await.unwrap().unwrap();
    assert_eq!(server.accounts, 1);
}

#[tokio::test]
async fn chooses_another_name_if_its_own_was_taken() {
    let world = World::new().await;
    let (site, job) = failed_site(&world).await;
    let other = world.site_of("comeback.example").await;
    world.completed(&ProvisionAccount { account_id: other.account }).await;
    assert_eq!(world.account(&other).await.username.unwrap().as_str(), "comeback");
    assert_eq!(world.again(job).await.status, JobStatus::Completed);
    assert_eq!(world.account(&site).await.username.unwrap().as_str(), "comeback2");
}

#[tokio::test]
async fn stays_failed_if_its_domain_was_taken() {
    let world = World::new().await;
    let (site, job) = failed_site(&world).await;
    let service = world.service("elsewhere.test").await;
    let service = Service { domain: site.domain.clone(), ..service };
    let account = world.place(&service, world.server).await.unwrap();
    let other = Site { account, service: service.id, domain: service.domain };
    world.completed(&ProvisionAccount { account_id: account }).await;

    let ended = world.again(job).await;
    let fault = ended.fault.unwrap();
    assert_eq!((ended.status, fault.kind), (JobStatus::Failed, FaultKind::Conflict), "{fault}");
    assert_eq!(world.status(&site).await, AccountStatus::Failed);
    assert_eq!(world.service_status(&site).await, ServiceStatus::Created);
    assert!(world.is_hosted(&other).await && world.is_served(&other).await);
    assert_eq!(world.status(&other).await, AccountStatus::Active);
}

#[tokio::test]
async fn stays_failed_if_its_service_was_terminated() {
    let world = World::new().await;
    let (site, job) = failed_site(&world).await;
    let tx = world.store.begin().await.unwrap();
    let (from, to) = (ServiceStatus::Created, ServiceStatus::Terminated);
    assert!(tx.set_service_status(site.service, from, to).await.unwrap());
    tx.commit().await.unwrap();
    let ended = world.again(job).await;
    assert_eq!(ended.status, JobStatus::Failed);
    assert_eq!(ended.fault.unwrap().kind, FaultKind::Refused);
    assert_eq!(world.status(&site).await, AccountStatus::Failed);
    assert_eq!(world.service_status(&site).await, ServiceStatus::Terminated);
}
