//! DNS servers and the wanted zones.

use std::time::Duration;

use model::{
    dns::{DnsServer, DnsServerKind, Zone, account_records},
    ids::{AccountId, DnsServerId, ZoneId},
};
use store::page::Page;

use crate::world::{World, prints};

fn new_server(world: &World, name: &str) -> DnsServer {
    DnsServer {
        id: DnsServerId::generate(),
        tenant_id: world.tenant,
        name: name.to_owned(),
        kind: DnsServerKind::PowerDns,
        api_url: "http://127.0.0.1:8081".to_owned(),
        nameservers: vec!["127.0.0.1:53".to_owned(), "[::1]:53".to_owned()],
        authority: fixtures::rows::authority(),
        secondaries: vec!["192.0.2.54:53".parse().unwrap()],
    }
}

async fn insert(world: &World, server: &DnsServer) {
    let tx = world.store.begin().await.unwrap();
    tx.insert_dns_server(server, &[201, 202]).await.unwrap();
    tx.commit().await.unwrap();
}

/// An account with its wanted zone, not stored yet.
async fn zone(world: &World, domain: &str) -> Zone {
    let server = new_server(world, &format!("dns-{domain}"));
    insert(world, &server).await;
    let host = world.server(&domain.replace('.', "-"), 10).await;
    let name = domain.parse().unwrap();
    let mut records = account_records(&name, &["192.0.2.7".parse().unwrap()]).unwrap();
    records.sort_by(|a, b| (&a.name, a.kind.as_str()).cmp(&(&b.name, b.kind.as_str())));
    Zone {
        id: ZoneId::generate(),
        tenant_id: world.tenant,
        account_id: Some(world.account(host, domain).await),
        dns_server_id: server.id,
        name,
        wanted: true,
        records,
    }
}

async fn want(world: &World, zone: &Zone) -> ZoneId {
    let tx = world.store.begin().await.unwrap();
    let id = tx.want_zone(zone).await.unwrap();
    tx.commit().await.unwrap();
    id
}

#[tokio::test]
async fn a_dns_server_reads_back_as_written() {
    let world = World::new().await;
    let (old, new) = (new_server(&world, "old"), new_server(&world, "new"));
    assert_eq!(world.store.default_dns_server(world.tenant).await.unwrap(), None);
    insert(&world, &old).await;
    insert(&world, &new).await;

    let (store, tenant) = (&world.store, world.tenant);
    assert_eq!(store.dns_server(tenant, new.id).await.unwrap(), Some(new.clone()));
    assert_eq!(store.default_dns_server(tenant).await.unwrap(), Some(old.clone()));
    let all = store.dns_servers(tenant, Page { size: 10, after: None }).await.unwrap();
    assert_eq!(all, [new.clone(), old.clone()]);
    let rest = store.dns_servers(tenant, Page { size: 10, after: Some(new.id.uuid()) }).await;
    assert_eq!(rest.unwrap(), [old]);
    let another = world.another_tenant().await;
    assert_eq!(store.dns_server(another, new.id).await.unwrap(), None);
    assert_eq!(store.default_dns_server(another).await.unwrap(), None);
}

#[tokio::test]
async fn writers_to_a_dns_server_take_turns_and_need_the_lease_of_their_job() {
    let world = World::new().await;
    let server = new_server(&world, "dns");
    insert(&world, &server).await;
    let hold = world.claim(world.file(world.new_job()).await).await;
    let first = world.store.begin().await.unwrap();
    first.take_dns_turn(server.id, hold).await.unwrap();
    let second = async {
        let tx = world.store.begin().await.unwrap();
        tx.take_dns_turn(server.id, hold).await
    };
    tokio::pin!(second);
    let waits = tokio::time::timeout(Duration::from_millis(200), &mut second).await;
    assert!(waits.is_err(), "{waits:?}");
    // Zones on the server can be inserted meanwhile.
    let unhindered = "INSERT INTO zones (id, tenant_id, dns_server_id, name, wanted)
                      SELECT gen_random_uuid(), tenant_id, id, 'turn.test', true FROM dns_servers";
    sqlx::query(unhindered).execute(&world.pool).await.unwrap();
    first.commit().await.unwrap();
    second.await.unwrap();

    world.store.abandon(hold).await.unwrap();
    let late = world.store.begin().await.unwrap();
    let refused = late.take_dns_turn(server.id, hold).await.unwrap_err();
    assert!(matches!(refused, store::Error::LeaseLost), "{refused}");
}

#[tokio::test]
async fn the_api_key_prints_no_byte() {
    let world = World::new().await;
    let server = new_server(&world, "dns");
    insert(&world, &server).await;
    let access = world.store.dns_access(server.id).await.unwrap().unwrap();
    assert_eq!((&access.server, &access.sealed_api_key[..]), (&server, &[201, 202][..]));
    assert!(!prints(&access, &access.sealed_api_key), "{access:?}");
}

#[tokio::test]
async fn a_wanted_zone_reads_back_with_its_records() {
    let world = World::new().await;
    let zone = zone(&world, "example.com").await;
    assert_eq!(want(&world, &zone).await, zone.id);
    assert_eq!(world.store.zone(zone.id).await.unwrap(), Some(zone.clone()));
    let account = zone.account_id.unwrap();
    assert_eq!(world.store.zone_of(account).await.unwrap(), Some(zone));
    assert_eq!(world.store.zone(ZoneId::generate()).await.unwrap(), None);
    assert_eq!(world.store.zone_of(AccountId::generate()).await.unwrap(), None);
}

#[tokio::test]
async fn wanting_again_brings_the_accounts_one_zone_up_to_date() {
    let world = World::new().await;
    let first = zone(&world, "example.com").await;
    want(&world, &first).await;
    let mut second = Zone { id: ZoneId::generate(), ..first.clone() };
    second.records.truncate(1);
    second.records[0].contents = vec!["192.0.2.8".to_owned(), "192.0.2.9".to_owned()];
    assert_eq!(want(&world, &second).await, first.id);
    let seen = world.store.zone(first.id).await.unwrap().unwrap();
    assert_eq!(seen, Zone { id: first.id, ..second.clone() });
    assert_eq!(world.store.zone(second.id).await.unwrap(), None);

    let empty = Zone { records: Vec::new(), ..first.clone() };
    want(&world, &empty).await;
    assert_eq!(world.store.zone(first.id).await.unwrap(), Some(empty));
}

#[tokio::test]
async fn unwanting_keeps_the_zone_to_be_removed_and_can_be_repeated() {
    let world = World::new().await;
    let zone = zone(&world, "example.com").await;
    let account = zone.account_id.unwrap();
    let unwant = async || {
        let tx = world.store.begin().await.unwrap();
        let unwanted = tx.unwant_zone(account).await.unwrap();
        tx.commit().await.unwrap();
        unwanted
    };
    assert_eq!(unwant().await, None);
    want(&world, &zone).await;
    assert_eq!(unwant().await, Some((zone.id, zone.dns_server_id)));
    assert_eq!(unwant().await, Some((zone.id, zone.dns_server_id)));
    let seen = world.store.zone(zone.id).await.unwrap().unwrap();
    assert_eq!(seen, Zone { wanted: false, ..zone.clone() });
    assert_eq!(want(&world, &zone).await, zone.id);
    assert!(world.store.zone(zone.id).await.unwrap().unwrap().wanted);
}

#[tokio::test]
async fn a_zone_counts_as_verified_until_it_is_wanted_otherwise() {
    let world = World::new().await;
    let zone = zone(&world, "example.com").await;
    want(&world, &zone).await;
    let verified = async || world.store.zone_verified_at(zone.id).await.unwrap().is_some();
    assert!(!verified().await);
    for change in 0..3 {
        let tx = world.store.begin().await.unwrap();
        tx.zone_verified(zone.id).await.unwrap();
        tx.commit().await.unwrap();
        assert!(verified().await);
        let tx = world.store.begin().await.unwrap();
        match change {
            0 => assert_eq!(tx.want_zone(&zone).await.unwrap(), zone.id),
            1 => assert!(tx.unwant_zone(zone.account_id.unwrap()).await.unwrap().is_some()),
            _ => assert!(tx.zone_unverified(zone.id).await.unwrap()),
        }
        tx.commit().await.unwrap();
        assert!(!verified().await, "after change {change}");
    }
}

#[tokio::test]
async fn a_dns_server_has_one_wanted_zone_of_a_name() {
    let world = World::new().await;
    let first = zone(&world, "example.com").await;
    want(&world, &first).await;
    let mut second = zone(&world, "example.net").await;
    second.name = first.name.clone();
    second.dns_server_id = first.dns_server_id;
    let tx = world.store.begin().await.unwrap();
    let error = tx.want_zone(&second).await.unwrap_err();
    assert!(error.is_taken("zones_wanted_name"), "{error}");
}
