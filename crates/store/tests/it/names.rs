//! Names and domains stand for ids, within their tenant.

use model::{
    account::AccountStatus,
    domain::DomainName,
    ids::{AccountId, ServiceId},
    service::ServiceStatus,
};
use store::{jobs::JobFilter, page::Page};

use crate::world::World;

const ALL: Page = Page { size: 100, after: None };

fn domain(text: &str) -> DomainName {
    text.parse().unwrap()
}

async fn terminate(world: &World, account: AccountId) {
    let tx = world.store.begin().await.unwrap();
    tx.set_protection(account, false).await.unwrap();
    let (from, to) = (AccountStatus::Pending, AccountStatus::Terminated);
    assert!(tx.set_account_status(account, from, to).await.unwrap());
    tx.commit().await.unwrap();
}

async fn end(world: &World, service: ServiceId) {
    let tx = world.store.begin().await.unwrap();
    let (from, to) = (ServiceStatus::Active, ServiceStatus::Terminated);
    assert!(tx.set_service_status(service, from, to).await.unwrap());
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_name_is_found_in_its_own_tenant_only() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let service = world.service("example.com").await;
    let (store, tenant) = (&world.store, world.tenant);
    let other = world.another_tenant().await;
    assert_eq!(store.tenant_named("another").await.unwrap(), Some(other));
    assert_eq!(store.tenant_named("nobody").await.unwrap(), None);
    assert_eq!(store.plan_named(tenant, "starter").await.unwrap(), Some(world.plan));
    assert_eq!(store.server_named(tenant, "vm1").await.unwrap(), Some(server));
    assert_eq!(store.server_named(tenant, "vm2").await.unwrap(), None);
    let found = store.service_of_domain(tenant, &domain("example.com")).await.unwrap();
    assert_eq!(found, Some(service));
    assert_eq!(store.plan_named(other, "starter").await.unwrap(), None);
    assert_eq!(store.server_named(other, "vm1").await.unwrap(), None);
    assert_eq!(store.dns_server_named(other, "ns").await.unwrap(), None);
    assert_eq!(store.service_of_domain(other, &domain("example.com")).await.unwrap(), None);
    assert_eq!(store.account_of_domain(other, &domain("example.com")).await.unwrap(), None);
}

#[tokio::test]
async fn a_domain_means_the_live_one_or_else_the_newest() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let (store, tenant) = (&world.store, world.tenant);
    let service =
        async || store.service_of_domain(tenant, &domain("example.com")).await.unwrap().unwrap();
    let account =
        async || store.account_of_domain(tenant, &domain("example.com")).await.unwrap().unwrap();
    let place = async || {
        let of = world.service("example.com").await;
        let new = world.new_account(of, server, "example.com");
        world.insert(&new).await.unwrap();
        (of, new.id)
    };
    let (first, old) = place().await;
    assert_eq!((service().await, account().await), (first, old));
    terminate(&world, old).await;
    end(&world, first).await;
    assert_eq!((service().await, account().await), (first, old), "the newest of none that live");

    let (second, new) = place().await;
    assert_eq!((service().await, account().await), (second, new));
    terminate(&world, new).await;
    assert_eq!(account().await, new, "the newest");
}

#[tokio::test]
async fn what_is_shown_carries_the_names_of_what_it_refers_to() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let account = world.account(server, "example.com").await;
    let (store, tenant) = (&world.store, world.tenant);
    let listed = store.accounts(tenant, None, ALL).await.unwrap();
    assert_eq!((&*listed[0].plan_name, &*listed[0].server_name), ("starter", "vm1"));
    assert_eq!(store.named_account(tenant, account).await.unwrap().as_ref(), Some(&listed[0]));
    assert_eq!(store.services(tenant, ALL).await.unwrap()[0].plan_name, "starter");

    for (target, name) in [(account.target(), "example.com"), (server.target(), "vm1")] {
        let job = world.file(model::job::NewJob { target, ..world.new_job() }).await;
        let named = store.named_job(tenant, job).await.unwrap().unwrap();
        assert_eq!(named.target_name.as_deref(), Some(name));
    }
    let gone = AccountId::generate().target();
    world.file(model::job::NewJob { target: gone, ..world.new_job() }).await;
    let listed = store.named_jobs(tenant, &JobFilter::default(), ALL).await.unwrap();
    let names: Vec<_> = listed.iter().map(|it| it.target_name.as_deref()).collect();
    assert_eq!(names, [None, Some("vm1"), Some("example.com")]);
}
