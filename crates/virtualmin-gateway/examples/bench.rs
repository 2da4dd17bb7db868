//! What `cargo xtask bench gateway` runs: decoding, the cost of a call, queues of changes, and lying panels.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be made ends with the panic that says where, and a report is printed"
)]

use std::{
    fs,
    time::{Duration, Instant},
};

use chassis::{Shutdown, config::load_from};
use contracts::gateway::v1::{self, aliases_client::AliasesClient, domains_client::DomainsClient};
use egress::{Client, Method};
use fixtures::Company;
use futures_util::future::join_all;
use model::{
    account::{Account, HealAccount, ProvisionAccount},
    ids::{AccountId, ServerId},
    job::Order,
    server::Server,
};
use simulators::virtualmin::{EffectKind, Fault, FaultKind, Options, Simulator};
use store::claims::{Claim, Hold};
use tonic::transport::{Channel, Endpoint};
use url::Url;
use virtualmin_gateway::{Config, Settings, measure};

const LISTED: usize = 10_000;
const ASKED: usize = 1000;
const SERVERS: usize = 50;
const CHANGES: usize = 20;
const CREATES: usize = 1000;
/// How long each program of a queued change takes.
const LATENCY: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() {
    chassis::tls::install_provider();
    decode().await;
    calls().await;
    queues().await;
    // Every second answer, so that of each creation the first one is lost and the repeat has one.
    let lost = Fault { every: 2, ..Fault::always(FaultKind::LostAfterEffect) };
    lies("1,000 creates whose answers are lost", lost, CREATES).await;
    let lie = Fault::always(FaultKind::SuccessWithoutEffect);
    lies("1,000 creates that the panel only says it made", lie, 0).await;
}

/// A gateway with servers of a company.
struct World {
    company: Company,
    channel: Channel,
    shutdown: Shutdown,
}

impl World {
    async fn new() -> Self {
        let company = Company::new(10).await;
        let shutdown = Shutdown::new();
        let url = fixtures::listen(&company.database, &[], |variables| {
            let config: Config = load_from(None, variables).unwrap();
            let virtualmin = Settings {
                settle_seconds: 0,
                breaker_failures: 1_000_000,
                provisioning_timeout: 3600,
                ..Settings::DEFAULT
            };
            virtualmin_gateway::run(Config { virtualmin, ..config }, shutdown.clone())
        })
        .await;
        let channel = Endpoint::from_shared(url).unwrap().connect_lazy();
        Self { company, channel, shutdown }
    }

    async fn register(&self, name: &str, panel: &Simulator) -> ServerId {
        let server = Server { name: name.to_owned(), ..self.company.server_of(panel) };
        self.company.insert_server(&server, panel.username(), panel.password()).await
    }

    /// Claims a job that holds the server.
    async fn claim(&self, server: ServerId, order: &impl Order) -> (v1::Fence, Hold) {
        let job = self.company.job_of(order).holding(server.mutation_slot());
        let id = self.company.file_job(&job).await;
        let claim = self.company.store.claim(id, "bench", Duration::from_secs(3600)).await.unwrap();
        let Claim::Taken(job) = claim else { panic!("{claim:?}") };
        let fence = v1::Fence { job_id: job.id.to_string(), epoch: job.epoch };
        (fence, Hold { job: job.id, epoch: job.epoch })
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}

/// A bare client of a panel, without the gateway.
struct Bare {
    client: Client,
    url: Url,
    login: (String, String),
}

impl Bare {
    fn of(panel: &Simulator) -> Self {
        let client = fixtures::egress().client(|it| {
            it.http1_only().pool_max_idle_per_host(0).tls_danger_accept_invalid_certs(true)
        });
        let login = (panel.username().to_owned(), panel.password().to_owned());
        let url = format!("{}/virtual-server/remote.cgi", panel.url());
        Self { client: client.unwrap(), url: url.parse().unwrap(), login }
    }

    async fn post(&self, form: &str) -> String {
        let request = self.client.request(Method::POST, &self.url).unwrap();
        let request = request.basic_auth(&self.login.0, Some(&self.login.1)).body(form.to_owned());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.send().await.unwrap().text().await.unwrap()
    }
}

async fn decode() {
    let panel = Simulator::start(Options::default()).await.unwrap();
    for number in 0..LISTED {
        assert!(panel.create_by_hand(&format!("site{number}.example"), &format!("site{number}")));
    }
    let bare = Bare::of(&panel);
    let body = bare.post("program=list-domains&json=1&multiline=").await;
    panel.stop().await;
    // The peak from here on, as the kernel keeps it; before anything was freed that it could take.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = memory("VmRSS");
    measure::domains(&body).unwrap();
    let kib = body.len() as u64 / 1024;
    let peak = (memory("VmHWM") - before + kib) as f64 / kib as f64;
    let mut fastest = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        assert_eq!(measure::domains(&body).unwrap(), LISTED);
        fastest = fastest.min(start.elapsed());
    }
    println!(
        "decode      {LISTED} domains of {} MiB: {:.0} domains a second on one core (150,000 asked), peak memory {peak:.2} times the body (1.5 asked)",
        kib / 1024,
        LISTED as f64 / fastest.as_secs_f64(),
    );
}

/// A line of this process's memory, in KiB.
fn memory(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn calls() {
    let world = World::new().await;
    let panel = Simulator::start(Options::default()).await.unwrap();
    assert!(panel.create_by_hand("shop.example", "shop"));
    let server = world.register("vm1", &panel).await;
    let bare = Bare::of(&panel);
    let client = DomainsClient::new(world.channel.clone());
    let request = v1::GetDomainRequest {
        server_id: server.to_string(),
        domain: "shop.example".to_owned(),
        no_cache: true,
    };
    let (mut alone, mut through) = (Vec::new(), Vec::new());
    for _ in 0..ASKED {
        let start = Instant::now();
        bare.post("program=list-domains&json=1&multiline=&domain=shop.example").await;
        alone.push(start.elapsed());
        let start = Instant::now();
        client.clone().get_domain(request.clone()).await.unwrap();
        through.push(start.elapsed());
    }
    panel.stop().await;
    let (alone, through) = (percentiles(alone), percentiles(through));
    println!(
        "call        HTTPS alone p50 {:.2} ms, p99 {:.2} ms; by gRPC p50 {:.2} ms, p99 {:.2} ms: the gateway costs {:.2} ms and {:.2} ms",
        alone.0,
        alone.1,
        through.0,
        through.1,
        through.0 - alone.0,
        through.1 - alone.1,
    );
}

/// The middle and the 99th of a hundred, in milliseconds.
fn percentiles(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    (at(0.5), at(0.99))
}

async fn queues() {
    let world = World::new().await;
    let mut panels = Vec::new();
    let mut orders = Vec::new();
    for number in 0..SERVERS {
        let panel =
            Simulator::start(Options { latency: LATENCY, ..Options::default() }).await.unwrap();
        let server = world.register(&format!("vm{number}"), &panel).await;
        let domain = format!("shop{number}.example");
        let site = world.company.site_of(server, &domain).await;
        world.company.activate(&site).await;
        assert!(panel.create_by_hand(&domain, &format!("shop{number}")));
        let marker = Account::marker(site.account);
        assert!(panel.edit(&domain, |it| it.description = marker.clone()));
        let heal = HealAccount { account_id: site.account, terms: false };
        let (fence, _) = world.claim(server, &heal).await;
        for name in 0..CHANGES {
            orders.push(v1::CreateAliasRequest {
                server_id: server.to_string(),
                fence: Some(fence.clone()),
                domain: domain.clone(),
                marker: marker.clone(),
                from: format!("alias{name}"),
                to: vec!["somebody@elsewhere.example".to_owned()],
            });
        }
        panels.push(panel);
    }
    // One connection carries so many calls at a time; in this order each server has changes from the start.
    orders.sort_by(|one, other| one.from.cmp(&other.from));
    let start = Instant::now();
    let client = AliasesClient::new(world.channel.clone());
    let changes = orders.into_iter().map(|order| {
        let mut client = client.clone();
        async move { client.create_alias(order).await.map(drop) }
    });
    let failed = join_all(changes).await.into_iter().filter_map(Result::err).collect::<Vec<_>>();
    let took = start.elapsed();
    let programs = ["list-domains", "list-aliases", "create-alias"];
    let calls = panels.iter().map(|panel| programs.map(|it| panel.calls(it)).iter().sum::<u64>());
    let ideal = LATENCY * u32::try_from(calls.max().unwrap()).unwrap();
    let overlaps: usize =
        panels.iter().map(|panel| panel.mutations_at_once().saturating_sub(1)).sum();
    let made: usize = panels.iter().map(|panel| panel.domains()[0].contents.aliases.len()).sum();
    for panel in panels {
        panel.stop().await;
    }
    println!(
        "queues      {SERVERS} servers × {CHANGES} changes: {:.1} s, {:.2} times the ideal schedule (1.1 asked); {made} made, {} failed, {overlaps} overlaps (0 asked)",
        took.as_secs_f64(),
        took.as_secs_f64() / ideal.as_secs_f64(),
        failed.len(),
    );
    if let Some(status) = failed.first() {
        println!("            the first failure: {}", status.message());
    }
}

/// Creates accounts on panels with a fault, each until the gateway says that it is made, ten times at most.
async fn lies(what: &str, fault: Fault, expected: usize) {
    const LANES: usize = 20;
    let world = World::new().await;
    let lanes = (0..LANES).map(async |lane| {
        let panel = Simulator::start(Options::default()).await.unwrap();
        panel.inject("create-domain", fault.clone());
        let server = world.register(&format!("vm{lane}"), &panel).await;
        let mut told = 0;
        // The first one has its answer in any case, and does not count.
        for number in 0..=CREATES / LANES {
            let name = format!("s{lane}x{number}");
            let is_told = create(&world, server, &name, expected > 0).await;
            told += usize::from(is_told && number > 0);
        }
        let effects = panel.effects();
        let made = effects.iter().filter(|it| it.kind == EffectKind::Created).count();
        let there = panel.domains().len();
        panel.stop().await;
        (told, made, there)
    });
    let all = join_all(lanes).await;
    let sum = |of: fn(&(usize, usize, usize)) -> usize| all.iter().map(of).sum::<usize>();
    let (told, made, there) = (sum(|it| it.0), sum(|it| it.1), sum(|it| it.2));
    println!(
        "lies        {what}: {told} told as made ({expected} asked), {there} there, {} made twice (0 asked)",
        made - there
    );
}

async fn create(world: &World, server: ServerId, name: &str, again: bool) -> bool {
    let domain = format!("{name}.example");
    let account: AccountId = world.company.site_of(server, &domain).await.account;
    world.company.identify(account, name, "bench-Pa55word").await;
    let (fence, hold) = world.claim(server, &ProvisionAccount { account_id: account }).await;
    let order = v1::CreateDomainRequest {
        server_id: server.to_string(),
        fence: Some(fence),
        domain,
        username: name.to_owned(),
        account_id: account.to_string(),
        marker: Account::marker(account),
        features: ["web", "mail"].map(str::to_owned).to_vec(),
        limits: None,
    };
    let client = DomainsClient::new(world.channel.clone());
    let tries = if again { 10 } else { 1 };
    let mut made = false;
    for attempt in 1..=tries {
        let answer = client.clone().create_domain(order.clone()).await;
        made = answer.is_ok();
        if made {
            break;
        }
        if let Err(status) = answer
            && again
            && attempt == tries
        {
            println!("            {name} is stuck: {}", status.message());
        }
    }
    world.company.store.complete(hold, None).await.unwrap();
    made
}
