//! The measured servers, services and simulated panels, and the data that a hoster sets up in them.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use simulators::virtualmin::{Options, Simulator, SiteAddresses};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use testkit::postgres::{Durability, Postgres};
use testkit::{Servers, poll};
use uuid::Uuid;

use super::finished::Finished;
use super::processes::{Memory, Parts, Seconds, memory_kib};
use crate::broker::Broker;
use crate::database::{self, Database};
use crate::rest::{Rest, text};
use crate::services::Settings;
use crate::stack::{Service, Stack};

/// Far above the number of accounts, so that no server fills up.
const CAPACITY: u32 = 100_000;
const LIMIT: Duration = Duration::from_secs(60);

/// All running parts of the bench.
pub(crate) struct World {
    pub(crate) rest: Rest,
    /// PRAHO's database.
    pub(crate) pool: PgPool,
    pub(crate) database_url: String,
    /// An empty database on the same server.
    pub(crate) bare_url: String,
    pub(crate) amqp_url: String,
    pub(crate) plan: String,
    pub(crate) servers: Vec<Uuid>,
    pub(crate) finished: Finished,
    parts: Parts,
    services: Vec<Service>,
    site_ports: (u16, u16),
    simulators: Vec<Simulator>,
}

impl World {
    /// Starts everything, with `servers` verified simulated servers.
    pub(crate) async fn start(directory: &Path, servers: usize) -> Result<Self> {
        let running = Servers::start(directory, Durability::Durable).await?;
        let postgres = Postgres::attach(&directory.join("postgres")).context("it has ended")?;
        let database = Database::create(&postgres).await?;
        let database_url = postgres.url(database::NAME);
        let broker = Broker::create(&running).await?;
        let bare_url = postgres.create_database("bare").await?;
        let amqp_url = running.amqp_url.clone();
        let settings = Settings::new(directory, running, database, broker, 0)?;
        let services = start_services(directory, &settings).await?;
        let parts = parts(directory, &services)?;

        let rest = Rest::new(settings.client()?, &settings.api_url(), &settings.token);
        let dns = json!({
            "name": "ns", "api_url": settings.servers.powerdns_url,
            "api_key": settings.servers.powerdns_api_key, "nameservers": [settings.servers.dns_addr],
            "ns_names": ["ns1.lab.test"],
        });
        rest.post("/dns-servers", &dns).await?;
        let plan = json!({
            "name": "starter", "disk_mib": 1024, "bandwidth_mib": 10240,
            "features": ["web", "dns", "mail", "mysql"],
        });
        let plan = text(&rest.post("/plans", &plan).await?, "id")?.to_owned();
        let pool = PgPoolOptions::new().max_connections(4).connect(&database_url).await?;
        let finished = Finished::watch(pool.clone());
        let mut world = Self {
            rest,
            pool,
            database_url,
            bare_url,
            amqp_url,
            plan,
            servers: Vec::new(),
            finished,
            parts,
            services,
            site_ports: settings.site_ports,
            simulators: Vec::new(),
        };
        for number in 0..servers {
            world.add_server(number).await?;
        }
        world.all_verified().await?;
        Ok(world)
    }

    /// The processor time of each part so far, and the counters of the database.
    pub(crate) async fn costs(&self) -> Result<Costs> {
        let (commits, flushes, written) = sqlx::query_as(
            "SELECT (SELECT sum(xact_commit)::bigint FROM pg_stat_database), (SELECT wal_sync FROM pg_stat_wal),
                (pg_current_wal_insert_lsn() - '0/0')::bigint",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Costs { seconds: self.parts.seconds(), commits, flushes, written })
    }

    /// The present memory of each service.
    pub(crate) fn memory(&self) -> Result<Vec<Memory>> {
        let read = |service: &Service| {
            let pid = service.pid().context("it was not started")?;
            let idle_kib = memory_kib(pid, "VmRSS")?;
            Ok(Memory { service: service.program.name.clone(), idle_kib, peak_kib: idle_kib })
        };
        self.services.iter().map(read).collect()
    }

    /// Adds the peak memory of each service.
    pub(crate) fn peaks(&self, memory: &mut [Memory]) -> Result<()> {
        for (service, memory) in self.services.iter().zip(memory) {
            memory.peak_kib = memory_kib(service.pid().context("not started")?, "VmHWM")?;
        }
        Ok(())
    }

    /// Stops the parts that run in this process.
    pub(crate) async fn stop(self) {
        self.pool.close().await;
        for simulator in self.simulators {
            simulator.stop().await;
        }
    }

    async fn add_server(&mut self, number: usize) -> Result<()> {
        let address: IpAddr = format!("127.0.1.{number}").parse().context("too many servers")?;
        let sites = SiteAddresses::new(address, self.site_ports.0, self.site_ports.1);
        let options = Options { sites: Some(sites), ..Options::default() };
        let simulator = Simulator::start(options).await?;
        let body = json!({
            "name": format!("vm{number}"), "url": simulator.url(),
            "username": simulator.username(), "password": simulator.password(),
            "certificate_sha256": simulator.certificate_sha256(),
            "ip_address": address, "capacity": CAPACITY, "reads_per_second": 1000,
        });
        let server = self.rest.post("/servers", &body).await?;
        self.servers.push(text(&server, "id")?.parse()?);
        self.simulators.push(simulator);
        Ok(())
    }

    async fn all_verified(&self) -> Result<()> {
        let waiting = async || {
            let count = sqlx::query_scalar("SELECT count(*) FROM servers WHERE status <> 'active'");
            let others: i64 = count.fetch_one(&self.pool).await.unwrap_or(i64::MAX);
            if others == 0 { Ok(()) } else { Err(others) }
        };
        let verified = poll(LIMIT, waiting).await;
        verified.map_err(|left| anyhow::anyhow!("{left:?} servers are not verified in {LIMIT:?}"))
    }
}

/// The costs so far.
#[derive(Clone, Debug)]
pub(crate) struct Costs {
    pub(crate) seconds: Seconds,
    pub(crate) commits: i64,
    pub(crate) flushes: i64,
    /// Bytes of PostgreSQL's log.
    pub(crate) written: i64,
}

async fn start_services(directory: &Path, settings: &Settings) -> Result<Vec<Service>> {
    let mut stack = Stack::new(directory);
    stack.migrate(settings.migration()?).await?;
    let mut api = settings.api()?;
    // The bench must not be slowed down by the rate limit.
    // One token makes all calls, and has a quarter of the places.
    api.program = api
        .program
        .env("PRAHO__RATE_LIMIT__REQUESTS", "1000000000")
        .env("PRAHO__CALLS__AT_A_TIME", "1000");
    stack.start(vec![api]).await?;
    let mut workers = settings.workers()?;
    for worker in &mut workers {
        if worker.program.name == "praho-drift-reconciler" {
            // The reconciler's default.
            worker.program = worker.program.clone().env("PRAHO__SWEEP__PERIOD_SECONDS", "300");
        }
    }
    stack.start(workers).await?;
    Ok(stack.services)
}

fn parts(directory: &Path, services: &[Service]) -> Result<Parts> {
    let mut parts = Parts::default();
    for service in services {
        parts.add(&service.program.name, service.pid().context("it was not started")?);
    }
    for (name, folder) in
        [("PostgreSQL", "postgres"), ("RabbitMQ", "rabbitmq"), ("PowerDNS", "powerdns")]
    {
        let folder = directory.join(folder).canonicalize()?;
        parts.add_by_command_line(name, &folder.display().to_string())?;
    }
    parts.add("bench and panels", std::process::id().cast_signed());
    Ok(parts)
}
