//! Carries out the jobs of accounts and servers: each kind is a workflow of steps that can be undone.
//!
//! Steps change rows directly, hosts through the gateway, and DNS through jobs of the DNS manager that the
//! parent job waits for.

mod access;
mod config;
mod events;
mod password;
mod sites;
mod workflows;

use std::sync::Arc;

use anyhow::Context;
use chassis::Shutdown;
use engine::Engine;
use keys::{Keeper, parts::WORKER};
use model::job::Queue;
use panels::Virtualmin;
use service::{Owner, Service};

pub use config::{Config, Site};
pub use workflows::workflows;

/// The name of this service's connections to RabbitMQ.
const NAME: &str = "praho-provisioning-worker";
/// The queues that this service consumes.
const QUEUES: [Queue; 2] = [Queue::Provisioning, Queue::Bulk];

/// Runs the service until `shutdown`.
///
/// # Errors
///
/// A configuration that cannot be used, a port that is taken, or a task that failed.
pub async fn run(config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let keyring = Arc::new(config.secrets.keyring().context("secrets")?);
    let gateway = Virtualmin::connect(&config.gateway).context("gateway")?;
    let mut service =
        Service::start(NAME, Owner::Consumer(&QUEUES), &config.service, &shutdown).await?;
    let keeper = Keeper::start(WORKER, &service.store, &keyring, &service.health).await?;
    service.spawn("keys", keeper.run(shutdown.clone()));
    let registry = workflows(service.store.clone(), keyring, gateway, config.egress, config.site)?;
    let (store, broker) = (service.store.clone(), service.broker.clone());
    let engine = Engine::new(store, broker, registry, config.engine.settings());
    service.spawn("engine", async move { engine.run(&QUEUES, shutdown).await });
    service.join().await
}
