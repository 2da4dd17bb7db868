//! Hosts that send much and stop take no more memory than the budget, and nobody's turn.

use std::time::Duration;

use contracts::{gateway::v1, status};
use model::{
    fault::{Effect, FaultKind},
    ids::ServerId,
    server::Server,
};
use simulators::virtualmin::{Fault, FaultKind as Wrong, Options, Simulator};
use tonic::Request;

use crate::setup::{World, verdict};

/// The hosts that send much.
const HOSTS: usize = 16;
/// What each of them sends.
const MIB: u32 = 63;
/// What may be added to the memory of this process, in which the hosts are too: the budget, and half as much again.
const MOST_MIB: u64 = 192;

/// How long they are listened to.
const LIMIT: Duration = Duration::from_secs(20);

impl World {
    async fn list_of(&self, server: ServerId, limit: Duration) -> Result<(), model::fault::Fault> {
        let mut request = Request::new(v1::ListDomainsRequest { server_id: server.to_string() });
        request.set_timeout(limit);
        let answer = self.client.clone().list_domains(request).await;
        answer.map(drop).map_err(|it| status::from_status(&it))
    }
}

/// The memory of this process.
fn resident_mib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_hosts_that_send_much_and_stop_hold_a_bounded_memory() {
    let world = World::new().await;
    world.shop().await;
    let mut hosts = Vec::new();
    for number in 0..HOSTS {
        let host = Simulator::start(Options::default()).await.unwrap();
        host.inject("list-domains", Fault::always(Wrong::Flood { mib: MIB }));
        let row = Server { name: format!("flood{number}"), ..world.company.server_of(&host) };
        let id = world.company.insert_server(&row, host.username(), host.password()).await;
        hosts.push((host, id));
    }
    let before = resident_mib();
    let calls = hosts.iter().map(|(_, id)| world.list_of(*id, LIMIT));
    let mut most = 0;
    let watched = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        loop {
            ticks.tick().await;
            most = most.max(resident_mib().saturating_sub(before));
            // Meanwhile the small answers of others come through.
            world.get("shop.example").await.unwrap();
        }
    };
    let flooded = tokio::select! {
        results = futures_util::future::join_all(calls) => results,
        () = watched => unreachable!(),
    };
    assert!(most < MOST_MIB, "{most} MiB for {HOSTS} hosts that send {MIB} MiB each");
    assert!(flooded.iter().all(Result::is_err), "{flooded:?}");
    // On a busy machine the time may be over before the last one is called.
    let called: u64 = hosts.iter().map(|(host, _)| host.calls("list-domains")).sum();
    assert!(called > 0 && called <= HOSTS as u64, "{called}");
}

#[tokio::test]
async fn only_a_listing_may_be_longer_than_four_mib() {
    let world = World::new().await;
    for program in ["info", "create-domain"] {
        world.simulator.inject(program, Fault::once(Wrong::Flood { mib: 5 }));
    }
    assert_eq!(verdict(world.info().await).0, FaultKind::Protocol);
    let long = world.create(world.order("shop.example", "shop")).await;
    assert_eq!(verdict(long), (FaultKind::Protocol, Effect::Unknown));
}
