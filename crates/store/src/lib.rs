//! The door to PostgreSQL: repositories that take and return `model` values.
//!
//! Nothing of sea-orm or SQL leaves this crate. Reads, and writes that stand alone, are methods of [`Store`]; the
//! others are methods of [`Tx`], so that state, job, audit row and outbox row are committed together or not at all.

mod batch;
mod entity;
mod error;

pub mod accounts;
pub mod audit;
pub mod claims;
pub mod dead_letters;
pub mod dns;
pub mod drift;
pub mod findings;
pub mod idempotency;
pub mod jobs;
pub mod journal;
mod news;
pub mod notifications;
pub mod outbox;
pub mod pace;
pub mod page;
pub mod plans;
pub mod pulse;
pub mod resources;
pub mod servers;
pub mod services;
pub mod sweep;
pub mod sweeps;
pub mod tenants;
pub mod tokens;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction,
    TransactionTrait,
};

pub use error::{Error, Result};

use crate::{
    batch::Batches,
    claims::Completing,
    journal::Journalling,
    news::{Changes, News},
};

/// The migrations, in `/migrations`.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// How long to wait for a free connection before the database counts as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a transaction may stand still before PostgreSQL ends it: a process that is stopped in the middle of
/// one would otherwise keep its locks, and with them everybody else, for as long as it stands.
const IDLE_IN_TRANSACTION: (&str, &str) = ("idle_in_transaction_session_timeout", "10s");

/// A connection that was silent for so long is asked whether it is still one before it is used.
const QUIET: Duration = Duration::from_secs(1);

/// A pool of connections. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    db: DatabaseConnection,
    news: News,
    batches: Arc<Shared>,
}

/// What the jobs in hand ask for at the same time.
#[derive(Debug)]
struct Shared {
    journals: Batches<Journalling>,
    ends: Batches<Completing>,
}

/// A transaction; rolled back when dropped without [`Tx::commit`].
pub struct Tx {
    db: DatabaseTransaction,
    news: News,
    changes: Changes,
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
            .test_before_acquire_if_idle_for(QUIET)
            .map_sqlx_postgres_opts(|options| options.options([IDLE_IN_TRANSACTION]))
            .sqlx_logging(false);
        let db = Database::connect(options).await?;
        let batches = Shared {
            journals: Batches::new(Journalling(db.clone())),
            ends: Batches::new(Completing(db.clone())),
        };
        Ok(Self { news: News::spread(db.clone()), batches: Arc::new(batches), db })
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
        let db = self.db.begin().await?;
        Ok(Tx { db, news: self.news.clone(), changes: Changes::default() })
    }
}

impl Tx {
    /// Makes everything done in it true, and tells of it.
    pub async fn commit(self) -> Result<()> {
        self.db.commit().await?;
        self.news.tell(self.changes);
        Ok(())
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

/// Plain data as a value of type `jsonb`.
fn json<T: serde::Serialize + ?Sized>(data: &T) -> sea_orm::Value {
    serde_json::to_value(data).expect("plain data").into()
}
