//! Our record sets become as wanted; foreign ones are left alone.

use engine::walk::drive;
use model::{
    dns::{RecordSet, RecordType},
    fault::FaultKind,
    job::JobStatus,
};
use tokio::task::JoinSet;

use crate::world::{World, changes, sets};

fn set(name: &str, kind: RecordType, contents: &[&str]) -> RecordSet {
    let contents = contents.iter().map(|&content| content.to_owned()).collect();
    RecordSet { name: name.to_owned(), kind, ttl: 300, contents }
}

#[tokio::test]
async fn applying_again_changes_nothing() {
    let world = World::new().await;
    let site = world.site().await;
    world.applied(&site).await;
    let before = world.zone(&site.name).await.unwrap();
    world.applied(&site).await;
    assert_eq!(world.zone(&site.name).await.unwrap(), before);
    assert_eq!(world.audited(&site, "zone.verified").await, 2);
}

#[tokio::test]
async fn replicas_never_write_to_a_server_at_once() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut applied = JoinSet::new();
    for number in 0..16 {
        let engine = if number % 2 == 0 { &world.engine } else { &replica }.clone();
        let site = world.site().await;
        let job = world.file(&site).await;
        applied.spawn(async move {
            drive(&engine, job, &[]).await;
            job
        });
    }
    for job in applied.join_all().await {
        let job = world.job(job).await;
        // Of two concurrent writers, PowerDNS would have answered the second with 500.
        assert_eq!((job.status, job.attempts, job.fault), (JobStatus::Completed, 1, None));
    }
}

#[tokio::test]
async fn records_are_added_changed_and_removed_in_one_write() {
    let world = World::new().await;
    let site = world.site().await;
    let name = site.name.as_str();
    world.applied(&site).await;
    let before = changes(&world.zone(&site.name).await.unwrap());
    let wanted = vec![
        set(name, RecordType::A, &["192.0.2.8", "192.0.2.9"]),
        // PowerDNS stores this content in another spelling.
        set(name, RecordType::Aaaa, &["2001:DB8:0:0::8"]),
        set(&format!("mail._domainkey.{name}"), RecordType::Txt, &[r#""v=DKIM1; \"p\"" "=x""#]),
    ];
    world.want(&site, wanted).await;
    world.applied(&site).await;
    let zone = world.zone(&site.name).await.unwrap();
    assert_eq!(sets(&zone).len(), 3, "{zone}");
    assert!(changes(&zone) <= before + 1, "{zone}");
    assert_eq!(world.dig(name, "A"), ["192.0.2.8", "192.0.2.9"]);
    assert_eq!(world.dig(name, "AAAA"), ["2001:db8::8"]);
    assert_eq!(world.dig(&format!("www.{name}"), "A"), [""; 0]);
    world.applied(&site).await;
    assert_eq!(world.zone(&site.name).await.unwrap(), zone);
}

#[tokio::test]
async fn in_a_foreign_zone_only_our_records_are_added_and_removed() {
    let world = World::new().await;
    let site = world.site().await;
    let shop = format!("shop.{}", site.name);
    world.create_foreign_zone(&site.name).await;
    world.write_set(&site.name, &shop, "A", "203.0.113.9").await;
    let before = sets(&world.zone(&site.name).await.unwrap());

    world.applied(&site).await;
    let zone = world.zone(&site.name).await.unwrap();
    assert_eq!((zone["account"].as_str(), sets(&zone).len()), (Some(""), 5));
    assert_eq!(world.dig(site.name.as_str(), "NS"), ["ns9.elsewhere.test."]);

    world.unwant(&site).await;
    world.applied(&site).await;
    assert_eq!(sets(&world.zone(&site.name).await.unwrap()), before);
    assert_eq!(world.dig(&shop, "A"), ["203.0.113.9"]);
}

#[tokio::test]
async fn a_zone_of_ours_stays_while_it_holds_foreign_records() {
    let world = World::new().await;
    let site = world.site().await;
    let shop = format!("shop.{}", site.name);
    world.applied(&site).await;
    world.write_set(&site.name, &shop, "A", "203.0.113.9").await;
    world.unwant(&site).await;
    world.applied(&site).await;
    let zone = world.zone(&site.name).await.unwrap();
    assert_eq!(sets(&zone).len(), 1, "{zone}");
    assert_eq!(world.dig(&shop, "A"), ["203.0.113.9"]);
    assert_eq!(world.dig(site.name.as_str(), "A"), [""; 0]);
}

#[tokio::test]
async fn a_foreign_record_in_the_place_of_ours_is_a_conflict_and_nothing_is_touched() {
    let world = World::new().await;
    for (kind, content) in [("A", "203.0.113.9"), ("CNAME", "elsewhere.test.")] {
        let site = world.site().await;
        let www = format!("www.{}", site.name);
        world.create_foreign_zone(&site.name).await;
        world.write_set(&site.name, &www, kind, content).await;
        let before = world.zone(&site.name).await.unwrap();

        let job = world.apply(&site).await;
        let fault = job.fault.unwrap();
        assert_eq!((job.status, fault.kind), (JobStatus::Failed, FaultKind::Conflict));
        assert!(fault.message.contains(&format!("{www} {kind} ({content})")), "{fault}");
        assert_eq!(world.zone(&site.name).await.unwrap(), before);
    }
}

#[tokio::test]
async fn a_foreign_record_with_the_wanted_content_stays_foreign() {
    let world = World::new().await;
    let site = world.site().await;
    let www = format!("www.{}", site.name);
    world.create_foreign_zone(&site.name).await;
    world.write_set(&site.name, &www, "A", "192.0.2.7").await;
    world.applied(&site).await;
    world.unwant(&site).await;
    world.applied(&site).await;
    assert_eq!(world.dig(&www, "A"), ["192.0.2.7"]);
}

#[tokio::test]
async fn a_record_of_ours_that_was_changed_by_hand_is_corrected() {
    let world = World::new().await;
    let site = world.site().await;
    world.applied(&site).await;
    // Our mark stays on the set: PowerDNS keeps comments that a change does not name.
    world.write_set(&site.name, site.name.as_str(), "A", "203.0.113.9").await;
    world.applied(&site).await;
    assert_eq!(world.dig(site.name.as_str(), "A"), ["192.0.2.7"]);
}

#[tokio::test]
async fn removing_an_absent_zone_succeeds() {
    let world = World::new().await;
    let site = world.site().await;
    world.unwant(&site).await;
    world.applied(&site).await;
    assert!(world.zone(&site.name).await.is_none());
}

#[tokio::test]
async fn a_zone_that_was_removed_can_be_wanted_again() {
    let world = World::new().await;
    let site = world.site().await;
    world.applied(&site).await;
    world.unwant(&site).await;
    world.applied(&site).await;
    world.move_to(&site, "192.0.2.8").await;
    world.applied(&site).await;
    assert_eq!(world.dig(site.name.as_str(), "A"), ["192.0.2.8"]);
}

#[tokio::test]
async fn a_zone_whose_creation_was_cut_off_is_created_again() {
    let world = World::new().await;
    let site = world.site().await;
    world.applied(&site).await;
    world.cut_off_creation(&site.name);
    assert_eq!(world.dig(site.name.as_str(), "A"), [""; 0]);
    world.applied(&site).await;
    assert_eq!(world.dig(site.name.as_str(), "A"), ["192.0.2.7"]);
    assert_eq!(world.dig(site.name.as_str(), "NS").len(), 2);
}

#[tokio::test]
async fn a_malformed_record_is_refused_before_anything_is_created() {
    let world = World::new().await;
    for wrong in [
        set("www.elsewhere.test", RecordType::A, &["192.0.2.7"]),
        set("@", RecordType::A, &["192.0.2.300"]),
        set("@", RecordType::Mx, &["mail"]),
    ] {
        let site = world.site().await;
        let name = if wrong.name == "@" { site.name.to_string() } else { wrong.name.clone() };
        world.want(&site, vec![RecordSet { name: name.clone(), ..wrong }]).await;
        let job = world.apply(&site).await;
        let fault = job.fault.unwrap();
        assert_eq!((job.status, fault.kind), (JobStatus::Failed, FaultKind::Invalid));
        assert!(fault.message.contains(&name), "{fault}");
        assert!(world.zone(&site.name).await.is_none());
    }
}
