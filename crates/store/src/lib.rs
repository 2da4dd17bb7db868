//! The door to PostgreSQL: repositories that take and return `model` values.
//!
//! Nothing of sea-orm or SQL leaves this crate. Reads are methods of [`Store`]; writes are methods of
//! [`Tx`], so that state, job, audit row and outbox row are committed together or not at all.

mod entity;
mod error;

pub mod accounts;
pub mod audit;
pub mod claims;
pub mod dead_letters;
pub mod dns;
pub mod idempotency;
pub mod jobs;
pub mod journal;
pub mod notifications;
pub mod outbox;
pub mod pace;
pub mod page;
pub mod plans;
pub mod resources;
pub mod servers;
pub mod services;
pub mod sweep;
pub mod tenants;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction,
    TransactionTrait,
};

pub use error::{Error, Result};

/// The migrations, in `/migrations`.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// How long to wait for a free connection before the database counts as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// A pool of connections. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    db: DatabaseConnection,
}

/// A transaction; rolled back when dropped without [`Tx::commit`].
pub struct Tx {
    db: DatabaseTransaction,
}

impl Store {
    /// Opens a pool of at most `max_connections` to `url`; connects when first used.
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self> {
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(max_connections)
            .min_connections(1)
            .connect_lazy(true)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .sqlx_logging(false);
        Ok(Self { db: Database::connect(options).await? })
    }

    /// Brings the schema up to date. Any number of processes may call it at once.
    pub async fn migrate(&self) -> Result<()> {
        MIGRATIONS.run(self.db.get_postgres_connection_pool()).await.map_err(Error::migration)
    }

    /// Whether the database answers, with the schema that this program was built for.
    pub async fn ping(&self) -> Result<()> {
        let wanted = MIGRATIONS.iter().map(|it| it.version).max().unwrap_or_default();
        let found: i64 = self
            .db
            .query_one_raw(sql(
                "SELECT coalesce(max(version), 0) AS version FROM _sqlx_migrations",
                [],
            ))
            .await?
            .map(|row| row.try_get("", "version"))
            .transpose()?
            .unwrap_or_default();
        if found < wanted { Err(Error::OutdatedSchema { found, wanted }) } else { Ok(()) }
    }

    /// Starts a transaction.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(Tx { db: self.db.begin().await? })
    }
}

impl Tx {
    /// Makes everything done in it true.
    pub async fn commit(self) -> Result<()> {
        Ok(self.db.commit().await?)
    }
}

/// Brings the database at `url` up to date: [`Store::migrate`] for who has no pool.
pub async fn migrate(url: String) -> Result<()> {
    Store::connect(&url, 1).await?.migrate().await
}

/// Names the schema that [`migrate`] makes: another migration, another name.
pub fn schema_name() -> String {
    let mut digest = DefaultHasher::new();
    for migration in MIGRATIONS.iter() {
        migration.checksum.hash(&mut digest);
    }
    format!("{:016x}", digest.finish())
}

/// A statement of PostgreSQL with its values for `$1`, `$2`, …
fn sql<const N: usize>(text: &str, values: [sea_orm::Value; N]) -> sea_orm::Statement {
    sea_orm::Statement::from_sql_and_values(sea_orm::DbBackend::Postgres, text, values)
}
