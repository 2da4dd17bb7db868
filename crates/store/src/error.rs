//! Failures of PostgreSQL, and the faults that they become.

use std::convert::Infallible;

use model::fault::{Fault, FaultKind};
use sea_orm::DbErr;

/// A result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of the store.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// A unique constraint refused the write; its name shows what is taken.
    #[error("{constraint} is taken")]
    Taken {
        /// The constraint or index.
        constraint: String,
    },
    /// A check, trigger or foreign key refused the write.
    #[error("{constraint} refused it: {message}")]
    Refused {
        /// The constraint, where the server named one.
        constraint: String,
        /// PostgreSQL's message.
        message: String,
    },
    /// Another claim may have the job: its epoch has changed, or the lease has ended.
    #[error("the job no longer holds this lease")]
    LeaseLost,
    /// Another transaction held the lock for longer than the limit.
    #[error("another transaction holds the lock: {0}")]
    Held(String),
    /// The schema is older than this program.
    #[error("the schema is at {found}, this program needs {wanted}: run praho-migrate first")]
    OutdatedSchema {
        /// Newest migration found.
        found: i64,
        /// Newest migration known.
        wanted: i64,
    },
    /// The database does not answer, or no connection is free.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// A row holds a value that this program cannot read.
    #[error("an unreadable row: {0}")]
    Unreadable(String),
    /// Any other failure, which is a bug.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    pub(crate) fn migration(error: sqlx::migrate::MigrateError) -> Self {
        Self::Internal(format!("migration: {error}"))
    }

    /// Whether this is [`Error::Taken`] by `constraint`.
    pub fn is_taken(&self, constraint: &str) -> bool {
        matches!(self, Self::Taken { constraint: taken } if taken == constraint)
    }

    /// Whether this is [`Error::Refused`] by `constraint`.
    pub fn is_refused_by(&self, constraint: &str) -> bool {
        matches!(self, Self::Refused { constraint: refusing, .. } if refusing == constraint)
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        let runtime = match &error {
            DbErr::Exec(inner) | DbErr::Query(inner) | DbErr::Conn(inner) => inner,
            DbErr::ConnectionAcquire(inner) => return Self::Unavailable(inner.to_string()),
            _ => return Self::Internal(error.to_string()),
        };
        let sea_orm::RuntimeErr::SqlxError(inner) = runtime else {
            return Self::Internal(error.to_string());
        };
        Self::from_sqlx(inner)
    }
}

impl Error {
    pub(crate) fn from_sqlx(error: &sqlx::Error) -> Self {
        let Some(refusal) = error.as_database_error() else {
            return match error {
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Protocol(_) => Self::Unavailable(error.to_string()),
                sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
                    Self::Unreadable(error.to_string())
                }
                _ => Self::Internal(error.to_string()),
            };
        };
        let constraint = refusal.constraint().unwrap_or_default().to_owned();
        // SQLSTATE classes, PostgreSQL manual appendix A.
        match refusal.code().as_deref().unwrap_or_default() {
            "23505" => Self::Taken { constraint },
            "23514" if constraint == "job_epoch" => Self::LeaseLost,
            "23001" | "23503" | "23514" => {
                Self::Refused { constraint, message: refusal.message().to_owned() }
            }
            "55P03" => Self::Held(refusal.message().to_owned()),
            // Deadlock, serialisation failure, shutdown, too many connections: all are transient.
            code if ["40", "57", "53", "08"].iter().any(|class| code.starts_with(class)) => {
                Self::Unavailable(refusal.message().to_owned())
            }
            _ => Self::Internal(refusal.message().to_owned()),
        }
    }
}

impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let fault = match &error {
            Error::Taken { constraint } => {
                Self::new(FaultKind::Conflict, format!("already taken ({constraint})"))
            }
            Error::Refused { constraint, .. } if constraint == "account_protected" => Self::new(
                FaultKind::Refused,
                "the account is protected: take its protection off first",
            ),
            Error::Refused { constraint, .. } if constraint == "servers_capacity" => {
                Self::new(FaultKind::Busy, "the server has just filled up: try again")
            }
            Error::Refused { constraint, .. } if constraint == "servers_deleted" => Self::new(
                FaultKind::Refused,
                "the server of the account was deleted: activate the service again, which chooses another",
            ),
            Error::Refused { constraint, .. } if constraint == "plan_deleted" => {
                Self::new(FaultKind::Refused, "the plan was deleted: choose another")
            }
            Error::Refused { constraint, .. } if constraint == "dns_server_deleted" => {
                Self::new(FaultKind::Busy, "the DNS server has just been deleted: try again")
            }
            Error::Refused { .. } => {
                Self::new(FaultKind::Refused, "the database refused the change")
            }
            Error::LeaseLost => Self::new(FaultKind::Busy, "the job no longer holds this lease"),
            Error::Held(_) => {
                Self::new(FaultKind::Busy, "another transaction holds the lock: try again")
            }
            Error::OutdatedSchema { .. } | Error::Unavailable(_) => {
                Self::new(FaultKind::Unavailable, "the database is not available: try again")
            }
            Error::Unreadable(_) | Error::Internal(_) => return Self::internal(error),
        };
        fault.caused_by(error)
    }
}
