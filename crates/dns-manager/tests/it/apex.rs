//! Zones of ours say who serves them: in their NS and SOA records, and in the addresses of name servers within them.

use std::collections::BTreeMap;

use engine::walk::{drive, walk};
use model::{
    authority::Authority,
    fault::FaultKind,
    job::{JobKind, JobStatus},
};

use crate::world::{Site, World, sets};

/// The name servers that a company moves its zones to.
fn others() -> Authority {
    Authority {
        ns_names: ["ns7.lab.test", "ns8.lab.test"].map(|it| it.parse().unwrap()).to_vec(),
        hostmaster: "dns.admin@lab.test".parse().unwrap(),
        glue: BTreeMap::new(),
    }
}

/// The NS records, and the primary and the contact of the SOA record, as the name server answers.
fn apex(world: &World, site: &Site) -> (Vec<String>, String) {
    let soa = world.dig(site.name.as_str(), "SOA").concat();
    let words: Vec<_> = soa.split(' ').take(2).collect();
    (world.dig(site.name.as_str(), "NS"), words.join(" "))
}

fn served_by(names: [&str; 2], soa: &str) -> (Vec<String>, String) {
    (names.map(str::to_owned).to_vec(), soa.to_owned())
}

fn by_the_first() -> (Vec<String>, String) {
    served_by(["ns1.lab.test.", "ns2.lab.test."], "ns1.lab.test. hostmaster.lab.test.")
}

fn by_the_others() -> (Vec<String>, String) {
    served_by(["ns7.lab.test.", "ns8.lab.test."], "ns7.lab.test. dns\\.admin.lab.test.")
}

async fn serial(world: &World, site: &Site) -> u64 {
    world.zone(&site.name).await.unwrap()["serial"].as_u64().unwrap()
}

#[tokio::test]
async fn a_new_zone_names_the_companys_name_servers_and_contact() {
    let world = World::new().await;
    let site = world.site().await;
    world.applied(&site).await;
    assert_eq!(apex(&world, &site), by_the_first());
}

#[tokio::test]
async fn a_zone_gets_new_name_servers_with_its_next_job_and_its_serial_grows() {
    let world = World::new().await;
    let site = world.site().await;
    world.applied(&site).await;
    let before = serial(&world, &site).await;
    world.serve_by(&others()).await;
    world.applied(&site).await;
    assert_eq!(apex(&world, &site), by_the_others());
    assert!(serial(&world, &site).await > before);
}

#[tokio::test]
async fn name_servers_that_were_changed_by_hand_are_corrected() {
    let world = World::new().await;
    let site = world.site().await;
    world.applied(&site).await;
    let name = site.name.as_str();
    world.write_set(&site.name, name, "NS", "ns.elsewhere.test.").await;
    let soa = "ns.elsewhere.test. me.elsewhere.test. 1 10800 3600 604800 3600";
    world.write_set(&site.name, name, "SOA", soa).await;
    world.applied(&site).await;
    assert_eq!(apex(&world, &site), by_the_first());
}

#[tokio::test]
async fn a_job_that_is_undone_restores_the_former_name_servers() {
    let world = World::new().await;
    let moved_site = async || {
        world.serve_by(&world.server.authority).await;
        let site = world.site().await;
        world.applied(&site).await;
        world.serve_by(&others()).await;
        let job = world.file(&site).await;
        (site, job)
    };
    walk(&world.engine, &world.store, JobKind::DnsApply, moved_site, async |site, status, case| {
        let expected =
            if status == JobStatus::Completed { by_the_others() } else { by_the_first() };
        assert_eq!(apex(&world, site), expected, "{case}");
    })
    .await;
}

#[tokio::test]
async fn a_zone_that_contains_a_name_server_has_its_addresses() {
    let world = World::new().await;
    let site = world.site().await;
    let name = format!("ns1.{}", site.name);
    let mut authority = Authority { ns_names: vec![name.parse().unwrap()], ..others() };
    world.serve_by(&authority).await;
    let job = world.apply(&site).await;
    let fault = job.fault.unwrap();
    assert_eq!((job.status, fault.kind), (JobStatus::Failed, FaultKind::Refused));
    assert!(fault.message.contains(&name) && fault.message.contains("glue"), "{fault}");
    assert!(world.zone(&site.name).await.is_none());

    let addresses = ["192.0.2.53", "2001:db8::53"].map(|it| it.parse().unwrap()).to_vec();
    authority.glue.insert(name.parse().unwrap(), addresses);
    world.serve_by(&authority).await;
    world.applied(&site).await;
    assert_eq!(world.dig(&name, "A"), ["192.0.2.53"]);
    assert_eq!(world.dig(&name, "AAAA"), ["2001:db8::53"]);
}

#[tokio::test]
async fn every_zone_of_ours_gets_new_name_servers_and_no_other() {
    let world = World::new().await;
    let (ours, lost, foreign) = (world.site().await, world.site().await, world.site().await);
    let in_conflict = world.site().await;
    world.create_foreign_zone(&foreign.name).await;
    world.applied(&ours).await;
    world.applied(&foreign).await;
    world.create_foreign_zone(&in_conflict.name).await;
    world.write_set(&in_conflict.name, in_conflict.name.as_str(), "A", "203.0.113.9").await;
    let untouched = world.zone(&in_conflict.name).await.unwrap();

    world.serve_by(&others()).await;
    let apply = async || {
        let id = world.file_server().await;
        drive(&world.engine, id, &[]).await;
        let job = world.job(id).await;
        assert_eq!(job.status, JobStatus::Completed, "{:?}", job.fault);
    };
    apply().await;
    // The zone that the server did not have was made anew, with its records.
    for site in [&ours, &lost] {
        assert_eq!(apex(&world, site), by_the_others(), "{}", site.name);
        assert_eq!(world.dig(site.name.as_str(), "A"), ["192.0.2.7"]);
    }
    assert_eq!(world.dig(foreign.name.as_str(), "NS"), ["ns9.elsewhere.test."]);
    assert_eq!(world.zone(&in_conflict.name).await.unwrap(), untouched);

    let before = serial(&world, &ours).await;
    apply().await;
    assert_eq!(serial(&world, &ours).await, before);
}

#[tokio::test]
async fn wherever_the_job_of_a_dns_server_is_interrupted_its_zones_hold_their_records() {
    let world = World::new().await;
    let moved_server = async || {
        world.serve_by(&world.server.authority).await;
        let site = world.site().await;
        world.applied(&site).await;
        world.serve_by(&others()).await;
        (site, world.file_server().await)
    };
    walk(
        &world.engine,
        &world.store,
        JobKind::DnsServerApply,
        moved_server,
        async |site, status, case| {
            if status == JobStatus::Completed {
                assert_eq!(apex(&world, site), by_the_others(), "{case}");
            }
            assert_eq!(world.dig(site.name.as_str(), "A"), ["192.0.2.7"], "{case}");
            assert_eq!(sets(&world.zone(&site.name).await.unwrap()).len(), 4, "{case}");
        },
    )
    .await;
}
