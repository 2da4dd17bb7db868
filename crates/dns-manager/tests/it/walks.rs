//! A failure or interruption of `dns.apply` at any point leaves its zone as wanted, or as it was before.

use engine::walk::walk;
use model::job::{JobKind, JobStatus};

use crate::world::{Site, World, changes};

/// Whether the API and the name server show the site at exactly this address.
async fn is_served_at(world: &World, site: &Site, address: &str) -> bool {
    let name = site.name.as_str();
    let www = format!("www.{name}");
    let Some(zone) = world.zone(&site.name).await else { return false };
    let marked = zone["rrsets"].as_array().unwrap().iter().all(|set| {
        let owner = format!("praho zone {}", site.zone);
        ["SOA", "NS"].contains(&set["type"].as_str().unwrap())
            || set["comments"][0]["content"] == owner.as_str()
    });
    marked
        && zone["account"] == "praho"
        && world.dig(name, "A") == [address]
        && world.dig(&www, "A") == [address]
        && world.dig(name, "MX") == [format!("10 {name}.")]
        && world.dig(name, "TXT") == ["\"v=spf1 a mx ~all\""]
        && world.dig(name, "NS") == ["ns1.lab.test.", "ns2.lab.test."]
}

async fn is_gone(world: &World, site: &Site) -> bool {
    world.zone(&site.name).await.is_none() && world.dig(site.name.as_str(), "A").is_empty()
}

/// Whether the row is verified, with one more audit row, only if the job completed.
async fn row_is_right(world: &World, site: &Site, status: JobStatus, audited_before: i64) -> bool {
    let marked = world.store.zone_verified_at(site.zone).await.unwrap().is_some();
    let audited = world.audited(site, "zone.verified").await;
    match status {
        JobStatus::Completed => marked && audited == audited_before + 1,
        JobStatus::Failed => !marked,
        _ => false,
    }
}

#[tokio::test]
async fn a_new_zone_is_served_or_leaves_nothing() {
    let world = World::new().await;
    let new_site = async || {
        let site = world.site().await;
        let job = world.file(&site).await;
        (site, job)
    };
    walk(&world.engine, &world.store, JobKind::DnsApply, new_site, async |site, status, case| {
        assert!(row_is_right(&world, site, status, 0).await, "{case}: {status:?}");
        match status {
            JobStatus::Completed => {
                assert!(is_served_at(&world, site, "192.0.2.7").await, "{case}");
                // One creation and one change.
                let changes = changes(&world.zone(&site.name).await.unwrap());
                assert!(changes <= 2, "{case}: {changes}");
            }
            _ => assert!(is_gone(&world, site).await, "{case}"),
        }
    })
    .await;
}

#[tokio::test]
async fn a_changed_zone_is_served_as_wanted_or_as_before() {
    let world = World::new().await;
    let moved_site = async || {
        let site = world.site().await;
        world.applied(&site).await;
        world.move_to(&site, "192.0.2.8").await;
        let job = world.file(&site).await;
        (site, job)
    };
    walk(&world.engine, &world.store, JobKind::DnsApply, moved_site, async |site, status, case| {
        assert!(row_is_right(&world, site, status, 1).await, "{case}: {status:?}");
        let address = if status == JobStatus::Completed { "192.0.2.8" } else { "192.0.2.7" };
        assert!(is_served_at(&world, site, address).await, "{case}");
        if status == JobStatus::Completed {
            let changes = changes(&world.zone(&site.name).await.unwrap());
            assert!(changes <= 3, "{case}: {changes}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_removed_zone_is_gone_or_served_as_before() {
    let world = World::new().await;
    let unwanted_site = async || {
        let site = world.site().await;
        world.applied(&site).await;
        world.unwant(&site).await;
        let job = world.file(&site).await;
        (site, job)
    };
    walk(
        &world.engine,
        &world.store,
        JobKind::DnsApply,
        unwanted_site,
        async |site, status, case| {
            assert!(row_is_right(&world, site, status, 1).await, "{case}: {status:?}");
            match status {
                JobStatus::Completed => assert!(is_gone(&world, site).await, "{case}"),
                _ => assert!(is_served_at(&world, site, "192.0.2.7").await, "{case}"),
            }
        },
    )
    .await;
}
