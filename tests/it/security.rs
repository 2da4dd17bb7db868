//! Attacks on the ports of the running system, each with its figure.

use std::{
    error::Error,
    net::SocketAddr,
    time::{Duration, Instant},
};

use contracts::gateway::v1::{
    DeleteDomainRequest, InspectHostRequest, domains_client::DomainsClient,
    hosts_client::HostsClient,
};
use futures_util::future::join_all;
use testkit::{Authority, Scratch};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tonic::{
    Code, Status,
    transport::{Certificate, Channel, ClientTlsConfig, Identity},
};
use url::Url;

use crate::system::System;

/// The time in which a probe must be answered while a port is flooded.
const PROBE: Duration = Duration::from_millis(50);

/// The port of a URL on this machine.
fn address(url: &str) -> SocketAddr {
    let port = Url::parse(url).unwrap().port().unwrap();
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Opens 5,000 silent connections, or as many as this process may have.
async fn flood(address: SocketAddr) -> Vec<TcpStream> {
    testkit::raise_open_files();
    let mut flood = Vec::new();
    while flood.len() < 5000 {
        let opened = join_all((0..100).map(|_| TcpStream::connect(address))).await;
        let opened: Vec<_> = opened.into_iter().flatten().collect();
        if opened.is_empty() {
            break;
        }
        flood.extend(opened);
    }
    flood
}

/// The median time of 11 probes, each on a new connection.
async fn probed(url: &str) -> Duration {
    let mut took = Vec::new();
    for _ in 0..11 {
        let start = Instant::now();
        let mut stream = TcpStream::connect(address(url)).await.unwrap();
        stream.write_all(b"GET /livez HTTP/1.0\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains(" 200 "), "{answer}");
        took.push(start.elapsed());
    }
    took.sort();
    took[5]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "the figures of the attack")]
async fn silent_connections_to_any_port_hold_up_neither_probes_nor_calls() {
    let system = System::start().await;
    let api = system.service_named("praho-api").url("/livez");
    let gateway = system.service_named("praho-virtualmin-gateway").url("/livez");
    for (port, probe) in [
        (&system.api_url, &api),
        (&system.grpc_url, &api),
        (&api, &api),
        (&system.gateway_url, &gateway),
    ] {
        let silent = flood(address(port)).await;
        let took = probed(probe).await;
        println!("{} silent connections to {port}: a probe takes {took:?}", silent.len());
        assert!(silent.len() >= 2000, "only {} could be opened", silent.len());
        assert!(took < PROBE, "{port}: {took:?}");
        // Those who speak are served beside the silent ones, on the same port and from the same address.
        let start = Instant::now();
        system.get("/plans").await;
        println!("  and a call of REST {:?}", start.elapsed());
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}

/// The answers of the gateway to a client with this certificate, for a question and a deletion.
async fn answers(system: &System, shown: Option<(&Authority, &str)>) -> [Status; 2] {
    let roots = std::fs::read(system.authority.ca_file()).unwrap();
    let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(roots));
    if let Some((authority, name)) = shown {
        let issued = authority.issue(name).unwrap();
        let [certificate, key] =
            [issued.certificate, issued.key].map(|it| std::fs::read(it).unwrap());
        tls = tls.identity(Identity::from_pem(certificate, key));
    }
    let endpoint = Channel::from_shared(system.gateway_url.clone()).unwrap();
    let channel = endpoint.tls_config(tls).unwrap().connect_lazy();
    let question =
        HostsClient::new(channel.clone()).inspect_host(InspectHostRequest::default()).await;
    let deletion = DomainsClient::new(channel).delete_domain(DeleteDomainRequest::default()).await;
    [question.map(drop).unwrap_err(), deletion.map(drop).unwrap_err()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_but_the_listed_services_calls_the_gateway() {
    let system = System::start().await;
    let folder = Scratch::new("foreign");
    let foreign = Authority::open(folder.path()).unwrap();
    for shown in [None, Some((&foreign, "provisioning-worker"))] {
        for answer in answers(&system, shown).await {
            // A status with a source is made on this side: no answer came.
            assert!(answer.source().is_some(), "no connection at all: {answer:?}");
        }
    }
    for answer in answers(&system, Some((&system.authority, "dns-manager"))).await {
        assert_eq!(answer.code(), Code::PermissionDenied, "{answer:?}");
        assert!(answer.message().contains("grpc.tls.allowed"), "{answer:?}");
    }
    for answer in answers(&system, Some((&system.authority, "drift-reconciler"))).await {
        assert!(!answer.message().contains("grpc.tls.allowed"), "{answer:?}");
        assert!(answer.source().is_none(), "{answer:?}");
    }
    let log = system.service_named("praho-virtualmin-gateway").log();
    assert!(log.contains("spiffe://praho/dns-manager"), "a refused caller is named: {log}");
}
