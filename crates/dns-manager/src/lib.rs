//! Carries out `dns.apply` jobs: zones on PowerDNS servers become what their rows say, and count as
//! done when every name server answers so.

mod access;
mod config;
mod content;
mod plan;
mod powerdns;
mod verify;
mod workflow;

use std::sync::Arc;

use anyhow::Context;
use chassis::{Shutdown, seal::Keyring};
use engine::{Engine, Registry};
use model::job::Queue;
use service::Service;
use store::Store;

pub use config::Config;

/// What this service shows itself as, to PostgreSQL and RabbitMQ.
const NAME: &str = "praho-dns-manager";

/// Runs the service until `shutdown`.
///
/// # Errors
///
/// A configuration that cannot be used, a port that is taken, or a part that failed.
pub async fn run(config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let keyring = Arc::new(Keyring::load(&config.secrets).context("secrets")?);
    let parts = (&config.http, &config.database, &config.amqp);
    let mut service = Service::start(NAME, parts, &shutdown).await?;
    let registry = workflows(service.store.clone(), keyring)?;
    let (store, broker) = (service.store.clone(), service.broker.clone());
    let engine = Engine::new(store, broker, registry, config.engine.settings());
    service.spawn("engine", async move { engine.run(&[Queue::Dns], shutdown).await });
    service.join().await
}

/// The workflows of this service: `dns.apply`.
///
/// # Errors
///
/// When no HTTP client can be made.
pub fn workflows(store: Store, keyring: Arc<Keyring>) -> anyhow::Result<Registry> {
    let connections = powerdns::connections().context("the HTTP client cannot be set up")?;
    let access = access::Access::new(store, keyring, connections);
    Ok(Registry::default().with(workflow::apply_zone(access)))
}
