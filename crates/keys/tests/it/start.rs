//! A service does not run without a key that its values are sealed with.

use std::sync::Arc;

use chassis::{SecretString, Shutdown, health::Health, seal::Keyring};
use fixtures::KEYS;
use keys::Keeper;
use store::Store;

use crate::world::{NEW, PARTS, World, both, ring};

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_key_is_told_by_its_id_to_the_services_that_need_it() {
    let world = World::new().await;
    world.dns_server("ns").await;
    let refused = |part| async move {
        let world: &World = part;
        let mut refused = Vec::new();
        for part in PARTS {
            if let Err(error) = world.start(part, &ring(&[NEW])).await {
                refused.push((part.service, error.to_string()));
            }
        }
        refused
    };
    let without_dns = refused(&world).await;
    assert_eq!(without_dns.len(), 1, "{without_dns:?}");
    let (service, error) = &without_dns[0];
    assert_eq!(*service, "praho-dns-manager");
    for word in ["API keys of DNS servers", "the key test,", "praho keys rotate", "lost_keys"] {
        assert!(error.contains(word), "{word}: {error}");
    }

    let server = world.host("vm1").await;
    assert_eq!(refused(&world).await.len(), 2, "the gateway too");
    world.account(server).await;
    assert_eq!(refused(&world).await.len(), 3);
    for part in PARTS {
        world.start(part, &both()).await.unwrap();
        world.start(part, &ring(&[KEYS])).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_named_as_lost_stops_no_service_and_its_values_are_passed_over() {
    let world = World::new().await;
    let other = ring(&["gone:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="]);
    world.dns_server_under(&other, "unreadable").await;
    world.dns_server("good").await;
    let keys = SecretString::from([NEW, KEYS].join("\n"));
    let lost = Keyring::parse(&keys).unwrap().with_lost(vec!["gone".to_owned()]);
    assert!(world.start(PARTS[2], &both()).await.is_err());
    let keeper = world.start(PARTS[2], &Arc::new(lost)).await.unwrap();
    world.rotate().await;
    keeper.look().await.unwrap();
    assert_eq!(world.uses().await, [("gone".to_owned(), 1, 1), ("new".to_owned(), 1, 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_sealed_value_stop_no_service_and_are_passed_over() {
    let world = World::new().await;
    world.dns_server("ns").await;
    world.sql("UPDATE dns_servers SET sealed_api_key = '\\x0105'").await;
    let keeper = world.start(PARTS[2], &ring(&[NEW])).await.unwrap();
    world.rotate().await;
    keeper.look().await.unwrap();
    assert_eq!(world.uses().await, [(String::new(), 1, 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_the_service_starts_and_is_not_ready() {
    let shutdown = Shutdown::new();
    let health = Health::new(&shutdown);
    let nobody = format!("postgres://u:p@127.0.0.1:{}/db", testkit::free_port());
    let store = Store::connect(&nobody, 1).await.unwrap();
    Keeper::start(PARTS[2], &store, &both(), &health).await.unwrap();
    let report = health.report().await;
    assert!(!report.ready);
    let check = report.checks.iter().find(|it| it.name == "keys").unwrap();
    assert!(check.detail.as_ref().unwrap().contains("not compared"), "{check:?}");
}
