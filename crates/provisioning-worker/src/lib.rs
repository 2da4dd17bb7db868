//! Carries out the jobs of accounts and servers: each kind is a workflow of steps that can be undone.
//!
//! It changes rows itself, hosts through the gateway, and DNS by jobs of the DNS manager that it waits for.

mod access;
mod config;
mod events;
mod password;
mod workflows;

use std::sync::Arc;

use anyhow::Context;
use chassis::{Shutdown, Tasks, health::Health, http, seal::Keyring};
use engine::{Engine, Registry};
use messaging::{Broker, BrokerConfig, Relay};
use model::job::Queue;
use panels::Virtualmin;
use store::Store;

pub use config::Config;

use crate::access::Access;

/// What this service shows itself as to RabbitMQ.
const NAME: &str = "praho-provisioning-worker";
/// The queues whose jobs it carries out.
const QUEUES: [Queue; 2] = [Queue::Provisioning, Queue::Bulk];

/// Runs the service until `shutdown`.
///
/// # Errors
///
/// A configuration that cannot be used, a port that is taken, or a part that failed.
pub async fn run(config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let keyring = Arc::new(Keyring::load(&config.secrets).context("secrets")?);
    let gateway = Virtualmin::connect(&config.gateway.url).context("gateway.url")?;
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

    let registry = workflows(store.clone(), keyring, gateway);
    let engine = Engine::new(store.clone(), broker.clone(), registry, config.engine.settings());
    let relay = Relay::new(store, broker);
    let mut tasks = Tasks::new(shutdown.clone());
    tasks.spawn("http", http::serve(listener, http::routes(&health), shutdown.clone()));
    let stop = shutdown.clone();
    tasks.spawn("relay", async move { Ok(relay.run(stop.requested()).await?) });
    tasks.spawn("engine", async move { engine.run(&QUEUES, shutdown).await });
    tasks.join().await
}

/// The workflows of this service. `keyring` seals the passwords of new accounts.
pub fn workflows(store: Store, keyring: Arc<Keyring>, gateway: Virtualmin) -> Registry {
    let access = Access::new(store, keyring, gateway);
    Registry::default()
        .with(workflows::provision_account::workflow(&access))
        .with(workflows::suspend_account::workflow(&access))
        .with(workflows::unsuspend_account::workflow(&access))
        .with(workflows::terminate_account::workflow(&access))
        .with(workflows::heal_account::workflow(&access))
        .with(workflows::quarantine_domain::workflow(&access))
        .with(workflows::verify_server::workflow(&access))
}
