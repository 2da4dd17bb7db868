//! Pages of a list, newest first, by id, so that added rows do not shift a page.

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
    let mut query = Query::select();
    query.column(Asterisk).from(table).cond_where(conditions);
    query.and_where_option(page.after.map(|after| Expr::col("id").lt(after)));
    query.order_by("id", Order::Desc).limit(page.size.into());
    DbBackend::Postgres.build(&query)
}
