//! Secondary name servers are notified of changes and may fetch the zones.

use std::{net::SocketAddr, time::Duration};

use engine::walk::drive;
use model::{dns::DnsServer, job::JobStatus};
use testkit::eventually;
use tokio::{net::UdpSocket, time::timeout};

use crate::world::{Site, World};

/// A secondary name server that only listens. It is at an address of its own, since PowerDNS notifies itself of nothing.
struct Secondary(UdpSocket);

impl Secondary {
    async fn new() -> Self {
        Self(UdpSocket::bind("127.0.0.2:0").await.unwrap())
    }

    fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// Waits until it is notified of a change of the zone (opcode 4: RFC 1996 section 3).
    async fn is_notified_of(&self, site: &Site) {
        let labels = site.name.as_str().split('.');
        let name: Vec<u8> = labels
            .flat_map(|it| [&[u8::try_from(it.len()).unwrap()], it.as_bytes()].concat())
            .collect();
        let mut buffer = [0; 512];
        let notified = async {
            loop {
                let (length, _) = self.0.recv_from(&mut buffer).await.unwrap();
                let opcode = (buffer[2] >> 3) & 0b1111;
                if opcode == 4 && buffer[12..length].starts_with(&name) {
                    return;
                }
            }
        };
        timeout(Duration::from_secs(30), notified).await.unwrap();
    }
}

fn kind(zone: &serde_json::Value) -> &str {
    zone["kind"].as_str().unwrap()
}

#[tokio::test]
async fn a_secondary_is_notified_of_new_zones_and_of_changes_and_may_fetch_them() {
    let world = World::new().await;
    let secondary = Secondary::new().await;
    world
        .change(DnsServer { secondaries: vec![secondary.address()], ..world.server.clone() })
        .await;
    let site = world.site().await;
    world.applied(&site).await;
    secondary.is_notified_of(&site).await;
    world.move_to(&site, "192.0.2.8").await;
    world.applied(&site).await;
    secondary.is_notified_of(&site).await;
    eventually("the zone can be fetched", async || {
        let records = world.fetch_from("127.0.0.2", site.name.as_str());
        records.iter().any(|it| it.ends_with("192.0.2.8")).then_some(())
    })
    .await;
    assert_eq!(world.fetch_from("127.0.0.3", site.name.as_str()), [""; 0]);
    let zone = world.zone(&site.name).await.unwrap();
    world.applied(&site).await;
    assert_eq!(world.zone(&site.name).await.unwrap(), zone);
}

#[tokio::test]
async fn zones_get_and_lose_secondaries_by_the_job_of_their_dns_server() {
    let world = World::new().await;
    let secondary = Secondary::new().await;
    let site = world.site().await;
    world.applied(&site).await;
    assert_eq!(kind(&world.zone(&site.name).await.unwrap()), "Native");
    for (secondaries, expected) in [(vec![secondary.address()], "Master"), (Vec::new(), "Native")] {
        world.change(DnsServer { secondaries: secondaries.clone(), ..world.server.clone() }).await;
        let id = world.file_server().await;
        drive(&world.engine, id, &[]).await;
        let job = world.job(id).await;
        assert_eq!(job.status, JobStatus::Completed, "{:?}", job.fault);
        assert_eq!(kind(&world.zone(&site.name).await.unwrap()), expected);
        if !secondaries.is_empty() {
            secondary.is_notified_of(&site).await;
        }
    }
}
