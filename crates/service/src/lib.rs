//! The common start of worker, DNS manager and reconciler: connections, health, HTTP, and the outbox relay.

use anyhow::Context;
use chassis::{ExposeSecret, Listener, Shutdown, Tasks, config::Database, health::Health, http};
use messaging::{Broker, BrokerConfig, Relay};
use store::Store;

mod config;

pub use config::Config;
pub use messaging::topology::Owner;

/// A started service, before its own work begins.
pub struct Service {
    /// The database.
    pub store: Store,
    /// The broker, which may not answer yet.
    pub broker: Broker,
    /// The checks of its readiness, to which it may add.
    pub health: Health,
    tasks: Tasks,
}

impl Service {
    /// Binds the port, connects as `name`, serves health and metrics, and relays the outbox. `owner` is the
    /// part of the topology that the service declares.
    ///
    /// # Errors
    ///
    /// A port that is taken, a database that does not answer, or a broker's URL that cannot be read.
    pub async fn start(
        name: &str,
        owner: Owner,
        config: &Config,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Self> {
        let listener = Listener::bind(&config.http.listen).await?;
        let store = connect(&config.database).await?;
        let broker = Broker::connect(BrokerConfig {
            url: config.amqp.url.expose_secret(),
            prefix: &config.amqp.prefix,
            connection_name: name,
            owner,
        })
        .await
        .context("the broker")?;

        let health = Health::new(shutdown);
        health.probe("database", &store, |store| async move { store.ping().await });
        health.probe("broker", &broker, |broker| async move { broker.ping().await });

        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("http", http::serve(listener, http::routes(&health), shutdown.clone()));
        let (relay, stop) = (Relay::new(store.clone(), broker.clone()), shutdown.clone());
        tasks.spawn("relay", async move { Ok(relay.run(stop.requested()).await?) });
        Ok(Self { store, broker, health, tasks })
    }

    /// Starts a task that runs as long as the service, see [`Tasks::spawn`].
    pub fn spawn(
        &mut self,
        name: &'static str,
        part: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        self.tasks.spawn(name, part);
    }

    /// Runs until a stop is requested or a task fails.
    ///
    /// # Errors
    ///
    /// The first error of a task, see [`Tasks::join`].
    pub async fn join(self) -> anyhow::Result<()> {
        self.tasks.join().await
    }
}

/// Connects to the database.
async fn connect(database: &Database) -> anyhow::Result<Store> {
    let url = database.url.expose_secret();
    let store = Store::connect(url, database.max_connections).await.context("the database")?;
    store.warn_of_rights().await;
    Ok(store)
}
