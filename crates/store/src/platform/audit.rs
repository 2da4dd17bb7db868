//! The audit log: rows are only ever added, and each is hashed together with the row before.

use std::time::Duration;

use model::{audit::AuditEntry, ids::TenantId, job::Origin};
use sea_orm::{
    Condition, DbBackend, ExprTrait, FromQueryResult, Order,
    sea_query::{Asterisk, Expr, Query},
};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    BATCH_OF_OLD_ROWS as BATCH, Error, Result, Store, Tx,
    page::Page,
    statement::{all, execute, sql, value, values},
};

impl Tx {
    /// Records that the actor of `origin` did `action` to `target`. Call it late in the transaction, because one
    /// lock guards the chain of rows until the commit. `detail` must hold no secret; it gets the client's address.
    pub async fn audit(
        &self,
        tenant: TenantId,
        origin: &Origin,
        action: &str,
        target: &str,
        detail: Value,
    ) -> Result<()> {
        let statement = sql(
            "INSERT INTO audit_log (tenant_id, actor, action, target, correlation_id, detail)
             VALUES ($1, $2, $3, $4, $5, $6)",
            [
                tenant.uuid().into(),
                origin.actor.as_str().into(),
                action.into(),
                target.into(),
                origin.correlation_id.as_str().into(),
                with_address(detail, origin).into(),
            ],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }
}

/// The detail of a row with the address that the call came from. In the detail it is under the chain's hash.
fn with_address(mut detail: Value, origin: &Origin) -> Value {
    if let (Value::Object(fields), Some(address)) = (&mut detail, origin.client_address) {
        fields.insert("client_address".to_owned(), address.to_string().into());
    }
    detail
}

impl Tx {
    /// Deletes the first rows of the log if they are older than `kept`, which is 30 days at least, and returns them.
    /// The chain then begins at the last of them, and their heads leave too. Empty if there are none, or if another transaction takes them.
    pub async fn take_old_audit(&self, kept: Duration) -> Result<Vec<Value>> {
        let statement = sql(
            "SELECT to_jsonb(old) FROM audit_retire_v1($1 * interval '1 second', $2) old",
            [kept.as_secs_f64().into(), BATCH.into()],
        );
        values(&self.db, statement).await
    }
}

impl Store {
    /// Records that a call of `operation` was denied, at most once a minute for each actor and operation. The index
    /// `audit_log_denials` ensures that, so that a flood of calls does not become a flood of rows.
    pub async fn audit_denial(
        &self,
        tenant: TenantId,
        origin: &Origin,
        operation: &str,
        detail: Value,
    ) -> Result<()> {
        // Reads first, because an insert takes the lock of the chain, and a flood of inserts would block every
        // change.
        let statement = sql(
            "INSERT INTO audit_log (tenant_id, actor, action, target, correlation_id, detail)
             SELECT $1::uuid, $2::text, 'access.denied', $3::text, $4::text, $5::jsonb
             WHERE NOT EXISTS (
                SELECT FROM audit_log
                WHERE action = 'access.denied' AND actor = $2 AND target = $3
                  AND date_trunc('minute', at AT TIME ZONE 'UTC') = date_trunc('minute', now() AT TIME ZONE 'UTC'))
             ON CONFLICT DO NOTHING",
            [
                tenant.uuid().into(),
                origin.actor.as_str().into(),
                format!("operation/{operation}").into(),
                origin.correlation_id.as_str().into(),
                with_address(detail, origin).into(),
            ],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Whether the role of this connection could change or remove rows, if it switched the triggers off.
    pub async fn can_change_audit(&self) -> Result<bool> {
        let statement = sql(
            "SELECT has_table_privilege('audit_log', 'UPDATE') OR has_table_privilege('audit_log', 'DELETE')",
            [],
        );
        Ok(value(&self.db, statement).await?.unwrap_or_default())
    }

    /// Logs a warning if the role of this connection has more rights than a service should.
    pub async fn warn_of_rights(&self) {
        if self.can_change_audit().await.unwrap_or_default() {
            tracing::warn!(
                "the database role may change the audit log: give this service the role of its own, see deploy/roles.sql"
            );
        }
    }

    /// Looks at `most` rows after the number `after`, oldest first, and says which do not follow from the row before.
    /// There are none, unless a row was changed or removed past the triggers.
    pub async fn check_audit(&self, after: i64, most: u32) -> Result<Checked> {
        let statement = sql(
            "SELECT checked_to, breaks FROM audit_check_v1($1, $2)",
            [after.into(), i64::from(most).into()],
        );
        let found: Option<(Option<i64>, Vec<i64>)> = value(&self.db, statement).await?;
        let (to, breaks) = found.unwrap_or_default();
        Ok(Checked { to, breaks })
    }

    /// Rows of a tenant, newest first. The page before ended at the [`place`] of its last row.
    pub async fn audit_entries(
        &self,
        tenant: TenantId,
        filter: &AuditFilter,
        page: Page,
    ) -> Result<Vec<AuditEntry>> {
        let by = filter.by.as_ref().map(|by| match by {
            AuditBy::Actor(actor) => Expr::col("actor").eq(actor.as_str()),
            AuditBy::Target(target) => Expr::col("target").eq(target.as_str()),
            AuditBy::Action(action) => Expr::col("action").eq(action.as_str()),
        });
        // The moment is looked up once, as the number of a row: the order of the list stays that of its index.
        let since = filter.since.map(|since| {
            Expr::cust_with_values(
                "seq >= (SELECT seq FROM audit_log WHERE at >= $1 ORDER BY at LIMIT 1)",
                [since],
            )
        });
        let until = filter.until.map(|until| {
            Expr::cust_with_values(
                "seq <= (SELECT seq FROM audit_log WHERE at < $1 ORDER BY at DESC LIMIT 1)",
                [until],
            )
        });
        let conditions = Condition::all()
            .add(Expr::col("tenant_id").eq(tenant.uuid()))
            .add_option(by)
            .add_option(since)
            .add_option(until)
            .add_option(page.after.map(|after| Expr::col("seq").lt(number(after))));
        let mut query = Query::select();
        query.column(Asterisk).from("audit_log").cond_where(conditions);
        query.order_by("seq", Order::Desc).limit(page.size.into());
        all::<EntryRow, _>(&self.db, DbBackend::Postgres.build(&query)).await
    }
}

/// The result of a look at rows of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// The number of the last row; `None` if there is none.
    pub to: Option<i64>,
    /// The numbers of the rows that do not follow from the row before.
    pub breaks: Vec<i64>,
}

/// Selects rows of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// One filter at most, because an index serves each.
    pub by: Option<AuditBy>,
    /// From this moment on.
    pub since: Option<OffsetDateTime>,
    /// Before this moment.
    pub until: Option<OffsetDateTime>,
}

/// What all rows of a list have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditBy {
    /// The actor.
    Actor(String),
    /// The target.
    Target(String),
    /// The action.
    Action(String),
}

/// The place of a row in a list: its number in the form that all lists have.
pub fn place(number: i64) -> Uuid {
    Uuid::from_u128(number.unsigned_abs().into())
}

/// The number of the row at a place.
fn number(place: Uuid) -> i64 {
    i64::try_from(place.as_u128()).unwrap_or(i64::MAX)
}

#[derive(FromQueryResult)]
struct EntryRow {
    seq: i64,
    at: OffsetDateTime,
    actor: String,
    action: String,
    target: String,
    correlation_id: String,
    detail: Value,
}

impl TryFrom<EntryRow> for AuditEntry {
    type Error = Error;

    fn try_from(row: EntryRow) -> Result<Self> {
        Ok(Self {
            number: row.seq,
            at: row.at,
            actor: row.actor,
            action: row.action,
            target: row.target,
            correlation_id: row.correlation_id,
            detail: row.detail,
        })
    }
}
