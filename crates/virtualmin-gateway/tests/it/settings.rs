//! Each setting of calls changes what happens, and a changed file counts without a restart.

use std::{collections::HashMap, fs, path::Path, time::Duration};

use chassis::Shutdown;
use contracts::gateway::v1::{self, hosts_client::HostsClient, programs_client::ProgramsClient};
use fixtures::Company;
use model::{
    fault::{Fault as Refusal, FaultKind},
    server::{Server, ServerStatus, Trust},
};
use simulators::virtualmin::{Fault, FaultKind as Wrong, Options};
use testkit::Scratch;
use tokio::{net::TcpListener, time::Instant};
use tonic::transport::{Channel, Endpoint};
use virtualmin_gateway::{Config, Settings};

use crate::setup::{World, answer, verdict};

/// What no call of these tests takes unless a setting fails to count.
const FAR_TOO_LONG: Duration = Duration::from_secs(20);

type Change = fn(&mut Settings);

async fn with(change: impl FnOnce(&mut Settings)) -> World {
    World::with(Options::default(), |it| change(&mut it.settings)).await
}

/// Calls a program that reads.
async fn ask(
    world: &World,
    program: &str,
    flags: &[&str],
) -> Result<v1::CallProgramResponse, Refusal> {
    let argument = |flag: &&str| v1::Argument { flag: (*flag).to_owned(), value: None };
    let request = v1::CallProgramRequest {
        server_id: world.server.to_string(),
        fence: None,
        program: program.to_owned(),
        arguments: flags.iter().map(argument).collect(),
    };
    answer(ProgramsClient::new(world.channel.clone()).call_program(request).await)
}

#[tokio::test]
async fn each_kind_of_call_has_a_time_of_its_own() {
    let times: [(Change, &str); 6] = [
        (|it| it.api_request_timeout = 1, "request"),
        (|it| it.api_health_check_timeout = 1, "health"),
        (|it| it.api_bulk_timeout = 1, "bulk"),
        (|it| it.provisioning_timeout = 1, "provisioning"),
        (|it| it.domain_sync_timeout = 1, "domain sync"),
        (|it| it.usage_sync_timeout = 1, "usage sync"),
    ];
    for (change, errand) in times {
        let world = with(change).await;
        let start = Instant::now();
        // The look after a change is a request, so only the change itself hangs.
        let hangs = if errand == "provisioning" { "create-domain" } else { "*" };
        world.simulator.inject(hangs, Fault::always(Wrong::Hang));
        let fault = match errand {
            "request" => world.get("shop.example").await.unwrap_err(),
            "health" => world.info().await.unwrap_err(),
            "bulk" => ask(&world, "list-users", &["all-domains"]).await.unwrap_err(),
            "provisioning" => world.create(world.order("shop.example", "shop")).await.unwrap_err(),
            "domain sync" => world.list().await.unwrap_err(),
            _ => ask(&world, "list-domains", &[]).await.unwrap_err(),
        };
        assert_eq!(fault.kind, FaultKind::Timeout, "{errand}: {fault:?}");
        assert!(start.elapsed() < FAR_TOO_LONG, "{errand}: {:?}", start.elapsed());
    }
}

#[tokio::test]
async fn an_answer_may_pause_for_so_long_and_be_so_large() {
    let world = with(|it| it.read_timeout = 1).await;
    world.simulator.inject("info", Fault::once(Wrong::Flood { mib: 1 }));
    let start = Instant::now();
    assert_eq!(verdict(world.info().await).0, FaultKind::Timeout);
    assert!(start.elapsed() < FAR_TOO_LONG);

    let world = with(|it| it.max_answer_mib = 1).await;
    world.simulator.inject("info", Fault::once(Wrong::Flood { mib: 2 }));
    assert_eq!(verdict(world.info().await).0, FaultKind::Protocol);
    let world = with(|it| it.max_listing_mib = 1).await;
    world.simulator.inject("list-domains", Fault::once(Wrong::Flood { mib: 2 }));
    assert_eq!(verdict(world.list().await).0, FaultKind::Protocol);
}

#[tokio::test]
async fn a_connection_has_so_long_to_open() {
    let world = with(|it| it.connection_timeout = 1).await;
    // It takes connections and never begins TLS.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server {
        name: "mute".to_owned(),
        url: Some(format!("https://{}", mute.local_addr().unwrap())),
        trust: Trust::Sha256Pin("0".repeat(64)),
        status: ServerStatus::Unverified,
        ..world.company.server_of(&world.simulator)
    };
    let server = world.company.insert_server(&server, "root", "secret").await;
    let start = Instant::now();
    assert_eq!(verdict(world.info_of(server).await).0, FaultKind::Unavailable);
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_call_that_reads_is_repeated_as_often_as_they_say_and_a_change_never() {
    let world = with(|it| (it.max_retries, it.retry_delay) = (2, 0)).await;
    let down = Fault { times: Some(2), ..Fault::always(Wrong::Status { status: 503 }) };
    world.simulator.inject("info", down.clone());
    world.info().await.unwrap();
    assert_eq!(world.simulator.calls("info"), 3);
    world.simulator.inject("create-domain", down);
    world.create(world.order("shop.example", "shop")).await.unwrap_err();
    assert_eq!(world.simulator.calls("create-domain"), 1);

    let world = with(|it| (it.max_retries, it.retry_delay) = (1, 1)).await;
    world.simulator.inject("info", Fault::once(Wrong::LostBeforeEffect));
    let start = Instant::now();
    world.info().await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_server_without_a_pace_of_its_own_takes_so_many_calls_in_a_window() {
    let world = World::with(Options::default(), |it| {
        it.reads_per_second = None;
        (it.settings.rate_limit_max_calls, it.settings.rate_limit_window) = (1, 2);
    })
    .await;
    world.get("shop.example").await.unwrap_err();
    let start = Instant::now();
    world.get("shop.example").await.unwrap_err();
    assert!(start.elapsed() >= Duration::from_millis(1500), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_host_gets_so_many_connections_at_a_time() {
    let world = with(|it| it.connection_pool_size = 1).await;
    world.simulator.set_latency("info", Duration::from_millis(300));
    let start = Instant::now();
    let all = tokio::join!(world.info(), world.info(), world.info());
    assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok());
    assert!(start.elapsed() >= Duration::from_millis(900), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_changed_file_counts_without_a_restart_and_a_wrong_one_changes_nothing() {
    let scratch = Scratch::new("settings");
    let file = scratch.path().join("gateway.toml");
    write(&file, "read_timeout = 7");
    let company = Company::new(2).await;
    let shutdown = Shutdown::new();
    let url =
        fixtures::listen(&company.database, &[("VIRTUALMIN_RETRY_DELAY", "3")], |variables| {
            let config: Config = chassis::config::load_from(Some(file.clone()), variables).unwrap();
            virtualmin_gateway::run(config, shutdown.clone())
        })
        .await;
    let hosts = HostsClient::new(Endpoint::from_shared(url).unwrap().connect_lazy());
    let seen = settings(&hosts).await;
    assert_eq!((seen["read_timeout"], seen["retry_delay"], seen["max_retries"]), (7, 3, 0));
    write(&file, "read_timeout = 7\nmax_retries = 11");
    write(&file, "read_timeout = 8\nretry_delay = 9");
    testkit::eventually("the change counts", async || {
        (settings(&hosts).await["read_timeout"] == 8).then_some(())
    })
    .await;
    let seen = settings(&hosts).await;
    assert_eq!((seen["retry_delay"], seen["max_retries"]), (3, 0), "the environment counts more");
    shutdown.request();
}

fn write(file: &Path, settings: &str) {
    fs::write(file, format!("[virtualmin]\n{settings}\n")).unwrap();
}

async fn settings(hosts: &HostsClient<Channel>) -> HashMap<String, u64> {
    let answer = answer(hosts.clone().get_settings(v1::GetSettingsRequest {}).await).unwrap();
    answer.settings.into_iter().map(|it| (it.name, it.value)).collect()
}
