//! Statements without parameters.

use anyhow::{Context, Result};
use sqlx::{AssertSqlSafe, Executor, PgConnection};

/// Runs one statement without parameters. The caller has built it from plain identifiers.
pub(super) async fn execute(connection: &mut PgConnection, statement: String) -> Result<()> {
    let error = format!("cannot {statement}");
    connection.execute(AssertSqlSafe(statement)).await.map(drop).context(error)
}
