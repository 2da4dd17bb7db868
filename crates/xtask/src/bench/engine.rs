//! Measures the job engine alone: the smallest jobs, from their filing to their end.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use messaging::{Broker, BrokerConfig, Relay, topology::Owner};
use model::domain::DomainName;
use model::ids::TenantId;
use model::job::{NewJob, Origin};
use model::server::QuarantineDomain;
use serde::Serialize;
use store::Store;
use uuid::Uuid;

use super::numbers::{Latency, per_second};
use super::options::{CONNECTIONS, Options};
use super::stages::{Profile, Stage, profile, stages};
use super::world::World;

/// The results of the engine.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Engine {
    pub(crate) jobs: usize,
    pub(crate) per_second: f64,
    /// Time from the filing to the end.
    pub(crate) latency: Latency,
    pub(crate) stages: Vec<Stage>,
    pub(crate) profile: Profile,
}

/// Files jobs as the reconciler does: each in its own transaction, with a relay beside it.
struct Filer {
    store: Store,
    tenant: TenantId,
    domain: DomainName,
}

/// Files the jobs, each on a server without another job in hand, and waits for them.
pub(crate) async fn measure(world: &World, options: Options) -> Result<Engine> {
    let store = Store::connect(&world.database_url, CONNECTIONS).await?;
    let broker = Broker::connect(BrokerConfig {
        url: &world.amqp_url,
        prefix: "",
        connection_name: "praho-bench",
        owner: Owner::Administrator,
    })
    .await?;
    let (tenant, domain): (Uuid, String) =
        sqlx::query_as("SELECT tenant_id, domain FROM accounts WHERE status = 'active' LIMIT 1")
            .fetch_one(&world.pool)
            .await?;
    let filer = Filer { store: store.clone(), tenant: tenant.into(), domain: domain.parse()? };
    let relay = Relay::new(store, broker);
    let work = async {
        // The first jobs fill caches and open connections.
        run(world, &filer, options.jobs / 10).await?;
        let before = world.costs().await?;
        let start = Instant::now();
        let jobs = run(world, &filer, options.jobs).await?;
        let per_second = per_second(jobs.len(), start.elapsed());
        let after = world.costs().await?;
        let latencies = sqlx::query_scalar(
            "SELECT extract(epoch FROM finished_at - created_at)::float8 * 1000
             FROM jobs WHERE id = ANY($1)",
        );
        Ok(Engine {
            jobs: jobs.len(),
            per_second,
            latency: Latency::of(latencies.bind(&jobs).fetch_all(&world.pool).await?),
            stages: stages(world, &jobs).await?,
            profile: profile(&before, &after, jobs.len()),
        })
    };
    tokio::select! {
        engine = work => engine,
        ended = relay.run(pending()) => Err(ended.err().context("the relay ended")?.into()),
    }
}

async fn run(world: &World, filer: &Filer, jobs: usize) -> Result<Vec<Uuid>> {
    let left = AtomicUsize::new(jobs);
    let lanes = world.servers.iter().map(async |server| {
        let mut done = Vec::new();
        let take = |it: usize| it.checked_sub(1);
        while left.try_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
            let job = filer.file(*server).await?;
            world.finished.completed(job).await?;
            done.push(job);
        }
        anyhow::Ok(done)
    });
    Ok(try_join_all(lanes).await?.concat())
}

impl Filer {
    async fn file(&self, server: Uuid) -> Result<Uuid> {
        let order = QuarantineDomain { server_id: server.into(), domain: self.domain.clone() };
        let origin = Origin {
            actor: "bench".to_owned(),
            correlation_id: Uuid::now_v7().to_string(),
            traceparent: None,
            client_address: None,
        };
        let job = NewJob::of(self.tenant, &order, origin)
            .holding(model::ids::ServerId::from(server).mutation_slot());
        self.store.file_job(&job).await?;
        Ok(job.id.uuid())
    }
}
