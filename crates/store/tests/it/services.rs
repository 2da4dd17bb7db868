//! Services in the state that billing wants, each with its account.

use model::{
    account::AccountStatus,
    ids::ServiceId,
    service::{Service, ServiceStatus},
};
use store::page::Page;

use crate::world::World;

#[tokio::test]
async fn a_service_reads_back_with_its_live_account() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let mut service = world.new_service("example.com");
    service.external_id = Some("billing-7".to_owned());
    let tx = world.store.begin().await.unwrap();
    tx.insert_service(&service).await.unwrap();
    tx.commit().await.unwrap();
    let read = async || {
        let it = world.store.service(world.tenant, service.id).await.unwrap().unwrap();
        assert_eq!(it.plan_name, "starter");
        (it.service, it.account_id)
    };
    assert_eq!(read().await, (service.clone(), None));

    let account = world.new_account(service.id, server, "example.com");
    world.insert(&account).await.unwrap();
    assert_eq!(read().await, (service.clone(), Some(account.id)));

    let tx = world.store.begin().await.unwrap();
    let (from, to) = (AccountStatus::Pending, AccountStatus::Failed);
    assert!(tx.set_account_status(account.id, from, to).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(read().await, (service.clone(), None));
}

#[tokio::test]
async fn a_list_is_newest_first_with_each_live_account_once() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let without = world.service("without.com").await;
    let account = world.account(server, "with.com").await;
    let with = world.store.account_by_id(account).await.unwrap().unwrap().service_id;
    let list = async |size, after: Option<ServiceId>| {
        let page = Page { size, after: after.map(ServiceId::uuid) };
        let services = world.store.services(world.tenant, page).await.unwrap();
        services.into_iter().map(|it| (it.service.id, it.account_id)).collect::<Vec<_>>()
    };
    assert_eq!(list(10, None).await, [(with, Some(account)), (without, None)]);
    assert_eq!(list(1, Some(with)).await, [(without, None)]);
}

#[tokio::test]
async fn a_domain_and_a_billing_number_are_unique() {
    let world = World::new().await;
    let mut first = world.new_service("example.com");
    first.external_id = Some("7".to_owned());
    let same_domain = world.new_service("example.com");
    let mut same_number = world.new_service("other.com");
    same_number.external_id = Some("7".to_owned());
    let tx = world.store.begin().await.unwrap();
    tx.insert_service(&first).await.unwrap();
    tx.commit().await.unwrap();
    for (service, constraint) in
        [(&same_domain, "services_domain"), (&same_number, "services_external")]
    {
        let tx = world.store.begin().await.unwrap();
        let error = tx.insert_service(service).await.unwrap_err();
        assert!(error.is_taken(constraint), "{error}");
    }

    let (tenant_id, plan) = (world.another_tenant().await, world.new_service("example.com"));
    let tx = world.store.begin().await.unwrap();
    tx.insert_service(&Service { tenant_id, ..plan }).await.expect("it is another tenant's");

    let tx = world.store.begin().await.unwrap();
    let (from, to) = (ServiceStatus::Active, ServiceStatus::Terminated);
    assert!(tx.set_service_status(first.id, from, to).await.unwrap());
    tx.insert_service(&same_domain).await.expect("a terminated service frees its domain");
}

#[tokio::test]
async fn a_status_changes_only_from_the_one_expected() {
    let world = World::new().await;
    let service = world.service("example.com").await;
    let tx = world.store.begin().await.unwrap();
    let (created, active) = (ServiceStatus::Created, ServiceStatus::Active);
    assert!(!tx.set_service_status(service, created, active).await.unwrap());
    assert!(tx.set_service_status(service, active, created).await.unwrap());
    let locked = tx.lock_service(service).await.unwrap().unwrap();
    assert_eq!(locked.status, ServiceStatus::Created);
    assert_eq!(tx.lock_service(ServiceId::generate()).await.unwrap(), None);
}

#[tokio::test]
async fn of_two_that_lock_a_service_the_second_sees_what_the_first_did() {
    let world = World::new().await;
    let service = world.service("example.com").await;
    let first = world.store.begin().await.unwrap();
    first.lock_service(service).await.unwrap();
    let store = world.store.clone();
    let second = tokio::spawn(async move {
        let tx = store.begin().await.unwrap();
        tx.lock_service(service).await.unwrap().unwrap().status
    });
    testkit::eventually("the second to wait for the lock", async || {
        let waiting: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
                .fetch_one(&world.pool)
                .await
                .unwrap();
        waiting.then_some(())
    })
    .await;
    let (from, to) = (ServiceStatus::Active, ServiceStatus::Suspended);
    assert!(first.set_service_status(service, from, to).await.unwrap());
    first.commit().await.unwrap();
    assert_eq!(second.await.unwrap(), ServiceStatus::Suspended);
}
