//! The door to PostgreSQL: repositories that take and return `model` values.
//!
//! Nothing of sea-orm or SQL leaves this crate. Reads, and writes that stand alone, are methods of [`Store`]; the
//! others are methods of [`Tx`], so that state, job, audit row and outbox row are committed together or not at all.

mod columns;
pub mod dns;
pub mod drift;
mod error;
mod hosting;
mod hosts;
mod names;
pub mod page;
mod platform;
mod statement;
pub mod users;
mod work;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, TransactionTrait,
};
use sqlx::postgres::PgPoolOptions;

pub use crate::{
    drift::{findings, sweeps},
    error::{Error, Result},
    hosting::{accounts, domains, passwords, plans, services},
    hosts::{pace, servers, strangers},
    platform::{
        audit, audit_heads, idempotency, publishers, sealed_values, tenant_quotas, tenants, tokens,
    },
    work::{
        backlog, claims, dead_letters, jobs, journal, notifications, outbox, recovery, redrive,
        resources,
    },
};
use crate::{
    statement::{sql, value},
    work::{
        announcements::{Announcer, Changes},
        batch::Batches,
        endings::Completing,
        journal_entries::Journalling,
    },
};

/// The migrations, in `/migrations`.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// How long to wait for a free connection before the database counts as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// The most old rows that one transaction removes, so that none holds its locks for long.
const BATCH_OF_OLD_ROWS: i64 = 1000;

/// The settings of each connection.
const SETTINGS: [(&str, &str); 4] = [
    // It compiles a plan for a tenth of a second that runs for a millisecond, because a forbidden kind of scan is estimated
    // as very dear.
    ("jit", "off"),
    // A process that stops in the middle of a transaction would otherwise keep its locks until it continues.
    ("idle_in_transaction_session_timeout", "10s"),
    // Longer than an idle transaction can hold a lock, and longer than a batch waits for its statement.
    ("lock_timeout", "20s"),
    // No statement should take long. A slow one would keep its connection, and the processor, from all others.
    ("statement_timeout", "30s"),
];
/// The bounds of a migration: none, since it may rewrite a table or wait for a migration of another process.
const MIGRATION_TIMEOUTS: [(&str, &str); 2] = [("lock_timeout", "0"), ("statement_timeout", "0")];

/// The silence after which a connection is tested before its use.
const QUIET: Duration = Duration::from_secs(1);

/// A pool of connections. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    db: DatabaseConnection,
    announcer: Announcer,
    batches: Arc<Shared>,
}

/// The batched statements that a process's running jobs share.
#[derive(Debug)]
struct Shared {
    journals: Batches<Journalling>,
    ends: Batches<Completing>,
}

/// A transaction; rolled back when dropped without [`Tx::commit`].
pub struct Tx {
    db: DatabaseTransaction,
    announcer: Announcer,
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
            .map_sqlx_postgres_opts(|options| options.options(SETTINGS))
            .sqlx_logging(false);
        let db = Database::connect(options).await?;
        let batches = Shared {
            journals: Batches::new(Journalling(db.clone())),
            ends: Batches::new(Completing(db.clone())),
        };
        Ok(Self { announcer: Announcer::new(db.clone()), batches: Arc::new(batches), db })
    }

    /// Applies the missing migrations. Any number of processes may call it at once.
    pub async fn migrate(&self) -> Result<()> {
        let options = self.db.get_postgres_connection_pool().connect_options();
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with((*options).clone().options(MIGRATION_TIMEOUTS));
        MIGRATIONS.run(&pool).await.map_err(Error::migration)
    }

    /// Whether the database answers, with the schema that this program was built for.
    pub async fn ping(&self) -> Result<()> {
        let wanted = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
        let newest = sql("SELECT coalesce(max(version), 0) FROM _sqlx_migrations", []);
        let found: i64 = value(&self.db, newest).await?.unwrap_or_default();
        if found < wanted { Err(Error::OutdatedSchema { found, wanted }) } else { Ok(()) }
    }

    /// Starts a transaction.
    pub async fn begin(&self) -> Result<Tx> {
        let db = self.db.begin().await?;
        Ok(Tx { db, announcer: self.announcer.clone(), changes: Changes::default() })
    }
}

impl Tx {
    /// Commits the transaction and announces its changes.
    pub async fn commit(self) -> Result<()> {
        self.db.commit().await?;
        self.announcer.announce(self.changes);
        Ok(())
    }
}

/// Applies the missing migrations to the database at `url`: [`Store::migrate`] without a pool.
pub async fn migrate(url: String) -> Result<()> {
    Store::connect(&url, 1).await?.migrate().await
}

/// Names the schema that [`migrate`] makes: the name changes with the migrations.
pub fn schema_name() -> String {
    let mut digest = DefaultHasher::new();
    for migration in MIGRATIONS.iter() {
        migration.checksum.hash(&mut digest);
    }
    format!("{:016x}", digest.finish())
}
