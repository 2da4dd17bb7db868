//! Carries out `dns.apply` jobs: a zone on its DNS server becomes what its rows say. A job is done when every name server
//! answers accordingly. `dns_server.apply` does the same for every zone of a DNS server.

mod access;
pub mod apex;
mod apply_server;
mod config;
mod content;
mod desired;
mod plan;
pub mod provider;
mod verify;
mod workflow;
pub mod zone;

use std::sync::Arc;

use anyhow::Context;
use chassis::{Shutdown, seal::Keyring};
use egress::Egress;
use engine::{Engine, Registry};
use keys::{Keeper, parts::DNS_MANAGER};
use model::job::Queue;
use service::{Owner, Service};
use store::Store;

use crate::verify::Verifier;

pub use config::{Config, VerifySettings};

/// The name of this service's connections to PostgreSQL and RabbitMQ.
const NAME: &str = "praho-dns-manager";
/// The queues that this service consumes.
const QUEUES: [Queue; 1] = [Queue::Dns];

/// Runs the service until `shutdown`.
///
/// # Errors
///
/// If the configuration is unusable, a key in use is missing, a port is taken, or a task failed.
pub async fn run(config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let keyring = Arc::new(config.secrets.keyring().context("secrets")?);
    let mut service =
        Service::start(NAME, Owner::Consumer(&QUEUES), &config.service, &shutdown).await?;
    let keeper = Keeper::start(DNS_MANAGER, &service.store, &keyring, &service.health).await?;
    service.spawn("keys", keeper.run(shutdown.clone()));
    let registry = workflows(service.store.clone(), keyring, config.egress, config.verify)?;
    let (store, broker) = (service.store.clone(), service.broker.clone());
    let engine = Engine::new(store, broker, registry, config.engine.settings());
    service.spawn("engine", async move { engine.run(&QUEUES, shutdown).await });
    service.join().await
}

/// The workflows of this service: `dns.apply` and `dns_server.apply`. `egress` says which servers they may reach.
///
/// # Errors
///
/// If a provider cannot be set up.
pub fn workflows(
    store: Store,
    keyring: Arc<Keyring>,
    egress: Egress,
    verify: VerifySettings,
) -> anyhow::Result<Registry> {
    let providers = provider::registry::Providers::new(&egress)?;
    let access = access::Access::new(store, keyring, providers, Verifier::new(egress, verify));
    Ok(Registry::default()
        .with(workflow::apply_zone(access.clone()))
        .with(apply_server::workflow(access)))
}
