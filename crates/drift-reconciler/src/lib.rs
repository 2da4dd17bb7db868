//! Keeps servers true to the rows: looks at each on its schedule, remembers how it differs, and files the jobs
//! that heal.
//!
//! Observe, compare, enqueue. It changes no server and no account itself: what is missing or switched wrongly
//! is healed by the job `account.heal`, which is the same for a person. Where a server's policy says so, that
//! job sets quotas again, and `domain.quarantine` switches off what no row claims. Everything else is reported.
//! A listing that is empty, or shows too much changed at once, is doubted: one alert, and no conclusion.

mod config;
mod heal;
mod health;
mod metrics;
mod pulse;
mod reconciler;
mod sweep;
mod tell;
mod verdict;

use anyhow::Context;
use chassis::{Shutdown, Tasks, health::Health, http};
use messaging::{Broker, BrokerConfig, Relay};
use panels::Virtualmin;
use store::Store;

pub use config::{Config, HealthSettings, SweepSettings};
pub use reconciler::Reconciler;
pub use sweep::Outcome;

/// What this service shows itself as to RabbitMQ.
const NAME: &str = "praho-drift-reconciler";

/// Runs the service until `shutdown`.
///
/// # Errors
///
/// A configuration that cannot be used, a port that is taken, or a part that failed.
pub async fn run(config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
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

    let reconciler = Reconciler::new(store.clone(), gateway, config.sweep, config.health);
    let relay = Relay::new(store.clone(), broker);
    let mut tasks = Tasks::new(shutdown.clone());
    tasks.spawn("http", http::serve(listener, http::routes(&health), shutdown.clone()));
    let stop = shutdown.clone();
    tasks.spawn("relay", async move { Ok(relay.run(stop.requested()).await?) });
    tasks.spawn("pulse", pulse::beat(store, shutdown.clone()));
    tasks.spawn("reconciler", async move { reconciler.run(shutdown).await });
    tasks.join().await
}
