//! Servers: values read back as stored, and credentials never shown.

use std::{collections::BTreeSet, time::Duration};

use model::{
    fault::{Fault, FaultKind},
    ids::ServerId,
    placement::Candidate,
    server::{HostFacts, Server, ServerKind, ServerStatus, Stops, Trust, WithoutQuotas},
};
use store::{Error, page::Page};

use crate::world::{World, checked, credentials, prints};

#[tokio::test]
async fn a_server_reads_back_as_written() {
    let world = World::new().await;
    let mut pinned = world.new_server("vm1", 10);
    pinned.version = Some("7.20".to_owned());
    pinned.programs = ["list-php-versions".to_owned(), "set-spam".to_owned()].into();
    pinned.features = Some(["mail".to_owned(), "web".to_owned()].into());
    pinned.php_versions = Some(["8.2".to_owned()].into());
    pinned.keeps_quotas = Some(false);
    pinned.without_quotas = WithoutQuotas::Accept;
    pinned.status_reason = Some("new".to_owned());
    let mut plain = world.new_server("vm2", 10);
    plain.trust = Trust::SystemAuthorities;
    plain.tags.clear();
    let tx = world.store.begin().await.unwrap();
    for server in [&pinned, &plain] {
        tx.insert_server(server, &credentials()).await.unwrap();
    }
    tx.commit().await.unwrap();

    assert_eq!(world.store.server(world.tenant, pinned.id).await.unwrap(), Some(pinned.clone()));
    assert_eq!(world.store.server_by_id(plain.id).await.unwrap(), Some(plain.clone()));
    assert_eq!(world.store.server_by_id(ServerId::generate()).await.unwrap(), None);
    let access = world.store.server_access(pinned.id).await.unwrap().unwrap();
    assert_eq!(Some(&access.url), pinned.url.as_ref());
    assert_eq!(access.server, pinned);
    assert_eq!(access.credentials, credentials());
}

#[tokio::test]
async fn credentials_print_no_byte() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let access = world.store.server_access(server).await.unwrap().unwrap();
    for sealed in [&access.credentials.username, &access.credentials.password] {
        assert!(prints(&sealed, sealed), "printing shows bytes where nothing hides them");
        assert!(!prints(&access, sealed), "{access:?}");
        assert!(!prints(&access.credentials, sealed), "{:?}", access.credentials);
    }
}

#[tokio::test]
async fn a_page_follows_the_one_before() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for name in ["vm1", "vm2", "vm3"] {
        ids.push(world.server(name, 10).await);
    }
    let page = async |size, after: Option<ServerId>| {
        let page = Page { size, after: after.map(ServerId::uuid) };
        let servers = world.store.servers(world.tenant, page).await.unwrap();
        servers.into_iter().map(|it| it.id).collect::<Vec<_>>()
    };
    assert_eq!(page(2, None).await, [ids[2], ids[1]]);
    assert_eq!(page(2, Some(ids[1])).await, [ids[0]]);
    assert_eq!(page(2, Some(ids[0])).await, []);
}

#[tokio::test]
async fn names_and_urls_are_taken_once() {
    let world = World::new().await;
    world.server("vm1", 10).await;
    let mut same_url = world.new_server("vm2", 10);
    same_url.url = Some("https://vm1.example.net:10000".to_owned());
    for (server, constraint) in [
        (world.new_server("vm1", 10), "servers_tenant_id_name_key"),
        (same_url, "servers_tenant_id_url_key"),
    ] {
        let mut server = server;
        if constraint == "servers_tenant_id_name_key" {
            server.url = Some("https://elsewhere.example.net:10000".to_owned());
        }
        let tx = world.store.begin().await.unwrap();
        let error = tx.insert_server(&server, &credentials()).await.unwrap_err();
        assert!(error.is_taken(constraint), "{error}");
        assert_eq!(Fault::from(error).kind, FaultKind::Conflict);
    }
}

#[tokio::test]
async fn a_number_beyond_the_column_is_refused_and_not_cut() {
    let world = World::new().await;
    let server = world.new_server("vm1", u32::MAX);
    let tx = world.store.begin().await.unwrap();
    let error = tx.insert_server(&server, &credentials()).await.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
}

#[tokio::test]
async fn a_status_changes_only_from_the_one_expected() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let set = async |from, to, reason| {
        let tx = world.store.begin().await.unwrap();
        let set = tx.set_server_status(server, from, to, reason).await.unwrap();
        tx.commit().await.unwrap();
        set
    };
    use ServerStatus::{Active, Degraded, Unverified};
    assert!(!set(Unverified, Degraded, None).await);
    assert!(set(Active, Degraded, Some("slow")).await);
    let seen = world.store.server_by_id(server).await.unwrap().unwrap();
    assert_eq!((seen.status, seen.status_reason.as_deref()), (Degraded, Some("slow")));
    assert!(set(Degraded, Active, None).await);
    let seen = world.store.server_by_id(server).await.unwrap().unwrap();
    assert_eq!((seen.status, seen.status_reason), (Active, None));
}

#[tokio::test]
async fn a_new_report_of_a_host_replaces_the_former_one() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let set = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    let say = async |version: &str, programs: &[&str], features: Option<&[&str]>, keeps_quotas| {
        let facts = HostFacts {
            version: version.to_owned(),
            programs: set(programs),
            features: features.map(set),
            php_versions: features.map(|_| set(&["8.2"])),
            keeps_quotas,
        };
        let before = world.store.server_by_id(server).await.unwrap().unwrap();
        let tx = world.store.begin().await.unwrap();
        tx.set_server_facts(server, &facts).await.unwrap();
        tx.commit().await.unwrap();
        let seen = world.store.server_by_id(server).await.unwrap().unwrap();
        assert_eq!((seen.version.as_deref(), &seen.programs), (Some(version), &facts.programs));
        assert_eq!((&seen.features, &seen.php_versions), (&facts.features, &facts.php_versions));
        assert_eq!(seen, before.with_facts(facts), "the model says what is stored");
        seen.keeps_quotas
    };
    assert_eq!(say("7.10", &["list-php-versions"], None, None).await, None);
    let both = &["list-php-versions", "set-spam"];
    assert_eq!(say("7.20", both, Some(&["web"]), Some(false)).await, Some(false));
    assert_eq!(say("7.30", &[], None, None).await, None, "nothing shows it any more");
    assert_eq!(say("7.30", &[], Some(&[]), Some(true)).await, Some(true));
    for keeps in [false, true, true] {
        let tx = world.store.begin().await.unwrap();
        tx.set_keeps_quotas(server, keeps).await.unwrap();
        tx.commit().await.unwrap();
        let seen = world.store.server_by_id(server).await.unwrap().unwrap();
        assert_eq!((seen.keeps_quotas, seen.version.as_deref()), (Some(keeps), Some("7.30")));
    }
}

#[tokio::test]
async fn a_host_may_exist_before_its_panel() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    world.meddle("DELETE FROM server_credentials").await.unwrap();
    assert!(world.store.server_access(server).await.unwrap().is_none(), "without credentials");
    let without = world.refusal("UPDATE servers SET url = NULL").await;
    assert_eq!(without, checked("servers_panel"), "a panel has a URL");
    world.meddle("UPDATE servers SET kind = 'bare', url = NULL").await.unwrap();
    let bare = world.store.server_by_id(server).await.unwrap().unwrap();
    assert_eq!((bare.kind, bare.url), (ServerKind::Bare, None));
}

#[tokio::test]
async fn every_kind_of_server_can_be_stored() {
    let world = World::new().await;
    for kind in ServerKind::ALL {
        let server = Server { kind, ..world.new_server(kind.as_str(), 10) };
        let tx = world.store.begin().await.unwrap();
        tx.insert_server(&server, &credentials()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(world.store.server_by_id(server.id).await.unwrap(), Some(server));
    }
}

#[tokio::test]
async fn placement_sees_every_server_with_its_accounts() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    world.account(server, "example.com").await;
    let tx = world.store.begin().await.unwrap();
    let expected = Candidate {
        id: server,
        name: "vm1".to_owned(),
        status: ServerStatus::Active,
        out_of_service: false,
        accounts: 1,
        capacity: 10,
        tags: ["ssd".to_owned(), "eu".to_owned()].into(),
        features: None,
        keeps_quotas: None,
        without_quotas: WithoutQuotas::Refuse,
    };
    let of_kind = async |kind| tx.placement_candidates(world.tenant, kind).await.unwrap();
    assert_eq!(of_kind(ServerKind::Virtualmin).await, std::slice::from_ref(&expected));
    assert_eq!(of_kind(ServerKind::Bench).await, []);
    let fault = Fault::new(FaultKind::OutOfService, "it refuses our credentials");
    let pause = Duration::from_secs(60);
    assert!(tx.server_faulted(server, &fault, Stops::Calls, pause).await.unwrap());
    let facts = HostFacts {
        version: "8.1.0".to_owned(),
        programs: BTreeSet::new(),
        features: Some(["web".to_owned()].into()),
        php_versions: None,
        keeps_quotas: Some(false),
    };
    tx.set_server_facts(server, &facts).await.unwrap();
    let expected = Candidate {
        out_of_service: true,
        features: facts.features,
        keeps_quotas: facts.keeps_quotas,
        ..expected
    };
    assert_eq!(of_kind(ServerKind::Virtualmin).await, [expected]);
}

#[tokio::test]
async fn a_server_brings_its_mutation_slot() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let capacity: i32 = sqlx::query_scalar("SELECT capacity FROM resources WHERE name = $1")
        .bind(server.mutation_slot())
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert_eq!(capacity, 1);
}

#[tokio::test]
async fn an_unreadable_row_is_reported() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    for meddling in ["addresses = '{nowhere}'", "addresses = '{NULL}'"] {
        world.meddle(&format!("UPDATE servers SET {meddling}")).await.unwrap();
        let error = world.store.server_by_id(server).await.unwrap_err();
        assert!(matches!(&error, Error::Unreadable(it) if it.contains("addresses")), "{error:?}");
        assert_eq!(Fault::from(error).kind, FaultKind::Internal);
    }
}

#[tokio::test]
async fn the_database_refuses_impossible_servers() {
    let world = World::new().await;
    world.server("vm1", 10).await;
    for (change, constraint) in [
        ("kind = 'vps'", "servers_kind_check"),
        ("url = 'http://vm1.example.net'", "servers_url_check"),
        ("certificate_sha256 = 'short'", "servers_certificate_sha256_check"),
        ("addresses = '{}'", "servers_addresses_check"),
        ("status = 'gone'", "servers_status_check"),
        ("accounts = 11", "servers_capacity"),
        ("without_quotas = 'perhaps'", "servers_without_quotas_check"),
    ] {
        let refusal = world.refusal(&format!("UPDATE servers SET {change}")).await;
        assert_eq!(refusal, checked(constraint), "{change}");
    }
}
