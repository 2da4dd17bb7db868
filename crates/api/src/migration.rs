//! Brings the schema up to date, as its owner: a program of its own, so that no service has the owner's password.

use anyhow::Context;
use chassis::{
    ExposeSecret, Shutdown,
    config::{Database, Keys, Root, Section, Telemetry},
};
use store::Store;

/// The settings of `praho-migrate`.
#[derive(Clone, Debug)]
pub struct Migration {
    /// Logs and traces.
    pub telemetry: Telemetry,
    /// The database, with the name and password of its owner.
    pub database: Database,
}

impl Section for Migration {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self { telemetry: keys.section("telemetry"), database: keys.section("database") }
    }
}

impl Root for Migration {
    fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }
}

/// Applies the missing migrations and ends. Any number may run at once. A stop does not interrupt a migration: each is one
/// transaction.
///
/// # Errors
///
/// A database that does not answer, or a migration that it refuses.
pub async fn migrate(config: Migration, _shutdown: Shutdown) -> anyhow::Result<()> {
    let store = Store::connect(config.database.url.expose_secret(), 1).await?;
    store.migrate().await.context("cannot bring the schema up to date")?;
    store.ping().await.context("the schema is still old")?;
    tracing::info!("the schema is up to date");
    Ok(())
}
