//! Deleted plans, servers and DNS servers: kept for what has ended, found by nobody, and refused for anything new.

use std::time::Duration;

use model::{
    account::AccountStatus,
    dns::Zone,
    ids::{DnsServerId, ServerId, ZoneId},
    plan::Plan,
    server::ServerKind,
};
use store::{Error, page::Page, users::Users};
use testkit::eventually;

use crate::world::{LEASE, World, checked, credentials, restricted};

const ALL: Page = Page { size: 10, after: None };

async fn delete_server(world: &World, id: ServerId) -> Result<(), Error> {
    let tx = world.store.begin().await?;
    tx.lock_server(id).await?;
    tx.delete_server(id).await?;
    tx.commit().await
}

async fn delete_plan(world: &World) {
    let tx = world.store.begin().await.unwrap();
    assert!(tx.lock_plan(world.tenant, world.plan).await.unwrap().is_some());
    tx.delete_plan(world.plan).await.unwrap();
    tx.commit().await.unwrap();
}

async fn dns_server(world: &World, name: &str) -> DnsServerId {
    let url = "http://127.0.0.1:8081".to_owned();
    let row = fixtures::rows::dns_server(world.tenant, url, vec!["127.0.0.1:53".to_owned()]);
    let tx = world.store.begin().await.unwrap();
    let row = model::dns::DnsServer { name: name.to_owned(), ..row };
    tx.insert_dns_server(&row, &[201, 202]).await.unwrap();
    tx.commit().await.unwrap();
    row.id
}

async fn delete_dns_server(world: &World, id: DnsServerId) {
    let tx = world.store.begin().await.unwrap();
    assert!(tx.lock_dns_server_to_delete(world.tenant, id).await.unwrap().is_some());
    tx.delete_dns_server(id).await.unwrap();
    tx.commit().await.unwrap();
}

fn is_refused(error: &Error, by: &str) -> bool {
    error.is_refused_by(by)
}

#[tokio::test]
async fn a_deleted_server_is_found_by_nobody_and_takes_no_account() {
    let world = World::new().await;
    let (server, other) = (world.server("vm1", 10).await, world.server("vm2", 10).await);
    let account = world.account(server, "example.com").await;
    let error = delete_server(&world, server).await.unwrap_err();
    assert!(is_refused(&error, "servers_deleted"), "it has an account: {error}");
    let tx = world.store.begin().await.unwrap();
    let (from, to) = (AccountStatus::Pending, AccountStatus::Failed);
    assert!(tx.set_account_status(account, from, to).await.unwrap());
    tx.commit().await.unwrap();
    world.store.ensure_sweeps().await.unwrap();
    delete_server(&world, server).await.unwrap();

    let (store, tenant) = (&world.store, world.tenant);
    assert_eq!(store.server(tenant, server).await.unwrap(), None);
    assert_eq!(store.server_by_id(server).await.unwrap(), None);
    assert!(store.server_access(server).await.unwrap().is_none());
    assert_eq!(store.server_named(tenant, "vm1").await.unwrap(), None);
    let listed: Vec<_> =
        store.servers(tenant, ALL).await.unwrap().into_iter().map(|it| it.id).collect();
    assert_eq!(listed, [other]);
    let tx = store.begin().await.unwrap();
    let candidates = tx.placement_candidates(tenant, ServerKind::Virtualmin).await.unwrap();
    assert_eq!(candidates.iter().map(|it| it.id).collect::<Vec<_>>(), [other]);
    // A request that was under way may have asked for a sweep of it.
    tx.make_sweep_due(server).await.unwrap();
    tx.commit().await.unwrap();
    store.ensure_sweeps().await.unwrap();
    let sweep = store.claim_sweep(LEASE).await.unwrap().unwrap();
    assert_eq!(sweep.server.id, other);
    assert!(store.claim_sweep(LEASE).await.unwrap().is_none());
    let tx = store.begin().await.unwrap();
    assert_eq!(tx.failing_servers(other).await.unwrap().all, 1);
    drop(tx);

    let late = world.new_account(world.service("other.com").await, server, "other.com");
    assert!(is_refused(&world.insert(&late).await.unwrap_err(), "servers_deleted"));
    let back = format!("UPDATE accounts SET status = 'pending' WHERE id = '{account}'");
    assert_eq!(world.refusal(&back).await, checked("servers_deleted"));
    let named = store.named_account(tenant, account).await.unwrap().unwrap();
    assert_eq!(named.server_name, "vm1", "history stays");
    let same = world.new_server("vm1", 10);
    let tx = store.begin().await.unwrap();
    tx.insert_server(&same, &credentials()).await.expect("its name and URL are free again");
}

#[tokio::test]
async fn a_deleted_plan_is_found_by_nobody_and_nothing_is_sold_on_it() {
    let world = World::new().await;
    let (store, tenant) = (&world.store, world.tenant);
    let sold = world.service("example.com").await;
    let ended = format!("UPDATE services SET status = 'terminated' WHERE id = '{sold}'");
    world.meddle(&ended).await.unwrap();
    delete_plan(&world).await;
    assert_eq!(store.plan(tenant, world.plan).await.unwrap(), None);
    assert_eq!(store.plan_named(tenant, "starter").await.unwrap(), None);
    assert_eq!(store.plans(tenant, ALL).await.unwrap(), []);
    let sold = store.service(tenant, sold).await.unwrap().unwrap();
    assert_eq!(sold.plan_name, "starter", "history stays");

    let tx = store.begin().await.unwrap();
    assert!(tx.lock_plan(tenant, world.plan).await.unwrap().is_none());
    let error = tx.insert_service(&world.new_service("late.com")).await.unwrap_err();
    assert!(is_refused(&error, "plan_deleted"), "{error}");
    drop(tx);
    let tx = store.begin().await.unwrap();
    let plan = fixtures::rows::plan(tenant);
    tx.insert_plan(&plan).await.expect("its name is free again");
    tx.commit().await.unwrap();
    let moved =
        format!("UPDATE services SET plan_id = '{}' WHERE id = '{}'", world.plan, sold.service.id);
    assert_eq!(world.refusal(&moved).await, restricted("plan_deleted"));
}

#[tokio::test]
async fn a_sale_waits_for_a_deletion_under_way_and_is_refused() {
    let world = World::new().await;
    let deletion = world.store.begin().await.unwrap();
    deletion.lock_plan(world.tenant, world.plan).await.unwrap();
    deletion.delete_plan(world.plan).await.unwrap();
    let sale = async {
        let tx = world.store.begin().await.unwrap();
        tx.insert_service(&world.new_service("late.com")).await.unwrap_err()
    };
    let end = async {
        eventually("the sale waits", async || {
            let waits = "SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'";
            let waits: i64 = sqlx::query_scalar(waits).fetch_one(&world.pool).await.unwrap();
            (waits > 0).then_some(())
        })
        .await;
        deletion.commit().await.unwrap();
    };
    let (error, ()) = tokio::join!(sale, end);
    assert!(is_refused(&error, "plan_deleted"), "{error}");
}

#[tokio::test]
async fn a_change_of_a_plan_waits_for_an_account_that_gets_its_terms() {
    let world = World::new().await;
    let activation = world.store.begin().await.unwrap();
    assert!(activation.plan_to_use(world.plan).await.unwrap().is_some());
    let change = async {
        let tx = world.store.begin().await.unwrap();
        tx.lock_plan(world.tenant, world.plan).await
    };
    tokio::pin!(change);
    let waits = tokio::time::timeout(Duration::from_millis(200), &mut change).await;
    assert!(waits.is_err(), "{waits:?}");
    activation.commit().await.unwrap();
    assert!(change.await.unwrap().is_some());
}

#[tokio::test]
async fn a_deleted_dns_server_is_found_by_nobody_and_no_zone_is_wanted_on_it() {
    let world = World::new().await;
    let (store, tenant) = (&world.store, world.tenant);
    let (old, new) = (dns_server(&world, "old").await, dns_server(&world, "new").await);
    let host = world.server("vm1", 10).await;
    let zone = Zone {
        id: ZoneId::generate(),
        tenant_id: tenant,
        account_id: Some(world.account(host, "example.com").await),
        dns_server_id: old,
        name: "example.com".parse().unwrap(),
        wanted: true,
        records: Vec::new(),
    };
    let want = async |zone: &Zone| {
        let tx = store.begin().await.unwrap();
        let wanted = tx.want_zone(zone).await;
        tx.commit().await.unwrap();
        wanted
    };
    want(&zone).await.unwrap();
    let tx = store.begin().await.unwrap();
    tx.unwant_zone(zone.account_id.unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    let keyed = format!("UPDATE dns_servers SET deleted_at = now() WHERE id = '{old}'");
    assert_eq!(world.refusal(&keyed).await, checked("dns_servers_key"), "its key is left");
    delete_dns_server(&world, old).await;

    assert_eq!(store.dns_server(tenant, old).await.unwrap(), None);
    assert!(store.dns_access(old).await.unwrap().is_none());
    assert_eq!(store.dns_server_named(tenant, "old").await.unwrap(), None);
    let listed = store.dns_servers(tenant, ALL).await.unwrap();
    assert_eq!(listed.iter().map(|it| it.id).collect::<Vec<_>>(), [new]);
    assert_eq!(store.default_dns_server(tenant).await.unwrap().unwrap().id, new);
    let tx = store.begin().await.unwrap();
    assert!(tx.lock_dns_server(tenant, old).await.unwrap().is_none());
    assert!(tx.lock_dns_server_to_delete(tenant, old).await.unwrap().is_none());
    drop(tx);

    let error = want(&zone).await.unwrap_err();
    assert!(is_refused(&error, "dns_server_deleted"), "{error}");
    let again = format!("UPDATE zones SET wanted = true WHERE id = '{}'", zone.id);
    assert_eq!(world.refusal(&again).await, restricted("dns_server_deleted"));
    // The account is retried: its zone goes to another DNS server, where it stays while it is wanted.
    let elsewhere = Zone { dns_server_id: new, ..zone.clone() };
    assert_eq!(want(&elsewhere).await.unwrap(), zone.id);
    assert_eq!(store.zone(zone.id).await.unwrap().unwrap().dns_server_id, new);
    let third = dns_server(&world, "old").await;
    want(&Zone { dns_server_id: third, ..zone.clone() }).await.unwrap();
    assert_eq!(store.zone(zone.id).await.unwrap().unwrap().dns_server_id, new);
}

#[tokio::test]
async fn users_are_counted_and_the_first_three_named() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    for domain in ["d.com", "b.com", "a.com", "c.com"] {
        world.account(server, domain).await;
    }
    let tx = world.store.begin().await.unwrap();
    let names = ["a.com", "b.com", "c.com"].map(str::to_owned).to_vec();
    let four = Users { number: 4, names };
    assert_eq!(tx.accounts_on_server(server).await.unwrap(), four);
    assert_eq!(
        tx.services_on_plan(world.plan).await.unwrap(),
        four,
        "each with its account is one"
    );
    assert_eq!(tx.open_jobs_on_server(server).await.unwrap(), Users::default());
    assert_eq!(tx.open_jobs_on_plan(world.plan).await.unwrap(), Users::default());
}

#[tokio::test]
async fn live_accounts_with_other_quotas_than_their_plan_are_found_in_pages() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let mut accounts = Vec::new();
    for domain in ["a.com", "b.com", "c.com", "ended.com"] {
        accounts.push(world.account(server, domain).await);
    }
    let ended = format!("UPDATE accounts SET status = 'failed' WHERE id = '{}'", accounts[3]);
    world.meddle(&ended).await.unwrap();
    let store = &world.store;
    let mut plan: Plan = store.plan(world.tenant, world.plan).await.unwrap().unwrap();
    let count = async |plan: &Plan| {
        store.begin().await.unwrap().count_with_other_quotas(plan).await.unwrap()
    };
    plan.terms.mailboxes = model::quota::Limit::Unlimited;
    assert_eq!(count(&plan).await, 0, "a number of mailboxes is no quota");
    plan.terms.bandwidth_mib = model::quota::Limit::AtMost(7);
    assert_eq!(count(&plan).await, 3);
    let page = async |after| store.accounts_with_other_quotas(&plan, after, 2).await.unwrap();
    assert_eq!(page(None).await, accounts[..2]);
    assert_eq!(page(Some(accounts[1])).await, accounts[2..3]);

    let tx = store.begin().await.unwrap();
    tx.set_account_terms(accounts[0], &plan.terms).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(page(None).await, accounts[1..3]);
    assert_eq!(count(&plan).await, 2);
    let seen = store.account_by_id(accounts[0]).await.unwrap().unwrap();
    assert_eq!(seen.terms, plan.terms);
}
