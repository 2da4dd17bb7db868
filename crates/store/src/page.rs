//! Pages of a list, newest first, from the last row of the page before, so that added rows do not shift a page.

use sea_orm::{
    Condition, DbBackend, ExprTrait, Order, Statement,
    sea_query::{Asterisk, Expr, Query},
};
use uuid::Uuid;

/// Selects a part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The largest number of items.
    pub size: u32,
    /// The last id of the page before, if this is not the first.
    pub after: Option<Uuid>,
}

/// The page of a table's rows under `conditions`. Each condition that is set has its words in the statement, so that the
/// planner can use the index that has its column.
pub(crate) fn newest(table: &'static str, conditions: Condition, page: Page) -> Statement {
    let after = page.after.map(|after| Expr::col("id").lt(after));
    ordered(table, conditions.add_option(after), "id", page)
}

/// The same in the order of `seq`, the order in which the rows were inserted.
pub(crate) fn newest_by_seq(table: &'static str, conditions: Condition, page: Page) -> Statement {
    let after = page.after.map(|after| {
        let last =
            Query::select().column("seq").from(table).and_where(Expr::col("id").eq(after)).take();
        Expr::col("seq").lt(Expr::from(last))
    });
    ordered(table, conditions.add_option(after), "seq", page)
}

/// The rows of a page as `it`, in the order of their ids, with columns that `joins` looks up for these rows alone.
pub(crate) fn joined(page: Statement, columns: &str, joins: &str) -> Statement {
    let sql = format!("SELECT {columns} FROM ({}) it {joins} ORDER BY it.id DESC", page.sql);
    Statement { sql, ..page }
}

fn ordered(table: &'static str, conditions: Condition, by: &'static str, page: Page) -> Statement {
    let mut query = Query::select();
    query.column(Asterisk).from(table).cond_where(conditions);
    query.order_by(by, Order::Desc).limit(page.size.into());
    DbBackend::Postgres.build(&query)
}
