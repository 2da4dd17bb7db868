//! Carries out `dns.apply` jobs: a zone on its DNS server becomes what its rows say. A job is done when every name server
//! answers accordingly.

mod access;
mod config;
mod content;
mod plan;
pub mod provider;
mod verify;
mod workflow;
pub mod zone;

use std::sync::Arc;

use anyhow::Context;
use chassis::{Shutdown, Tasks, health::Health, http, seal::Keyring};
use engine::{Engine, Registry};
use messaging::{Broker, BrokerConfig, Relay};
use model::job::Queue;
use store::Store;

pub use config::{Config, VerifySettings};

/// The name of this service's connections to PostgreSQL and RabbitMQ.
const NAME: &str = "praho-dns-manager";

/// Runs the service until `shutdown`.
///
/// # Errors
///
/// A configuration that cannot be used, a port that is taken, or a task that failed.
pub async fn run(config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let keyring = Arc::new(Keyring::load(&config.secrets).context("secrets")?);
    let listener = http::bind(config.http.listen).await?;
    let database = &config.database;
    let store = Store::connect(database.url.expose(), database.max_connections).await?;
    if database.migrate {
        store.migrate().await?;
    }
    let broker = Broker::connect(BrokerConfig {
        url: config.amqp.url.expose(),
        prefix: &config.amqp.prefix,
        connection_name: NAME,
    })
    .await?;

    let health = Health::new(&shutdown);
    let probed = store.clone();
    health.check("database", move || {
        let store = probed.clone();
        async move { store.ping().await }
    });
    let probed = broker.clone();
    health.check("broker", move || {
        let broker = probed.clone();
        async move { broker.ping().await }
    });

    let registry = workflows(store.clone(), keyring, config.verify)?;
    let engine = Engine::new(store.clone(), broker.clone(), registry, config.engine.settings());
    let relay = Relay::new(store, broker);
    let mut tasks = Tasks::new(shutdown.clone());
    tasks.spawn("http", http::serve(listener, http::routes(&health), shutdown.clone()));
    let stop = shutdown.clone();
    tasks.spawn("relay", async move { Ok(relay.run(stop.requested()).await?) });
    tasks.spawn("engine", async move { engine.run(&[Queue::Dns], shutdown).await });
    tasks.join().await
}

/// The workflows of this service: `dns.apply`.
///
/// # Errors
///
/// When no provider can be set up.
pub fn workflows(
    store: Store,
    keyring: Arc<Keyring>,
    verify: VerifySettings,
) -> anyhow::Result<Registry> {
    let access = access::Access::new(store, keyring, provider::registry::Providers::new()?, verify);
    Ok(Registry::default().with(workflow::apply_zone(access)))
}
