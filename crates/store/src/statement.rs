//! SQL statements, and the conversion of their rows to values of `model`.

use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement, TryGetableMany};

use crate::{Error, Result};

/// A statement of PostgreSQL with its values for `$1`, `$2`, …
pub(crate) fn sql<const N: usize>(text: &str, values: [sea_orm::Value; N]) -> Statement {
    Statement::from_sql_and_values(DbBackend::Postgres, text, values)
}

/// The row that a statement returns, if there is one, as a `T`.
pub(crate) async fn one<R, T>(db: &impl ConnectionTrait, statement: Statement) -> Result<Option<T>>
where
    R: FromQueryResult,
    T: TryFrom<R>,
    Error: From<T::Error>,
{
    let row = R::find_by_statement(statement).one(db).await?;
    Ok(row.map(T::try_from).transpose()?)
}

/// The rows that a statement returns, each as a `T`.
pub(crate) async fn all<R, T>(db: &impl ConnectionTrait, statement: Statement) -> Result<Vec<T>>
where
    R: FromQueryResult,
    T: TryFrom<R>,
    Error: From<T::Error>,
{
    let rows = R::find_by_statement(statement).all(db).await?;
    Ok(rows.into_iter().map(T::try_from).collect::<std::result::Result<_, _>>()?)
}

/// The columns of the row that a statement returns, if there is one: a value or a tuple, in the statement's order.
pub(crate) async fn value<T: TryGetableMany>(
    db: &impl ConnectionTrait,
    statement: Statement,
) -> Result<Option<T>> {
    let row = db.query_one_raw(statement).await?;
    Ok(row.map(|row| row.try_get_many_by_index()).transpose()?)
}

/// The columns of the rows that a statement returns, as [`value`] reads them.
pub(crate) async fn values<T: TryGetableMany>(
    db: &impl ConnectionTrait,
    statement: Statement,
) -> Result<Vec<T>> {
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| Ok(row.try_get_many_by_index()?)).collect()
}

/// Runs a statement and returns the number of rows it changed.
pub(crate) async fn execute(db: &impl ConnectionTrait, statement: Statement) -> Result<u64> {
    Ok(db.execute_raw(statement).await?.rows_affected())
}

/// Whether a statement returns a row.
pub(crate) async fn is_there(db: &impl ConnectionTrait, statement: Statement) -> Result<bool> {
    Ok(db.query_one_raw(statement).await?.is_some())
}
