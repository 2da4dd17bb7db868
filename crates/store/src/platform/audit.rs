//! The audit log: rows are only ever added, and each is hashed together with the row before.

use std::time::Duration;

use model::{ids::TenantId, job::Origin};
use serde_json::Value;

use crate::{
    BATCH_OF_OLD_ROWS as BATCH, Result, Store, Tx,
    statement::{execute, is_there, sql, values},
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
    /// The chain then begins at the last of them. Empty if there are none, or if another transaction takes them.
    pub async fn take_old_audit(&self, kept: Duration) -> Result<Vec<Value>> {
        // One process at a time: the row is locked until the commit.
        let anchor = sql("SELECT FROM audit_anchor FOR UPDATE SKIP LOCKED", []);
        if !is_there(&self.db, anchor).await? {
            return Ok(Vec::new());
        }
        let moved = sql(
            "UPDATE audit_anchor SET seq = last.seq, at = last.at, sha256 = last.sha256
             FROM (SELECT * FROM (SELECT * FROM audit_log ORDER BY seq LIMIT $2) first
                   WHERE at < now() - $1 * interval '1 second' ORDER BY seq DESC LIMIT 1) last",
            [kept.as_secs_f64().into(), BATCH.into()],
        );
        if execute(&self.db, moved).await? == 0 {
            return Ok(Vec::new());
        }
        let taken = sql(
            "WITH old AS (
                DELETE FROM audit_log WHERE seq <= (SELECT seq FROM audit_anchor) RETURNING *)
             SELECT to_jsonb(old) FROM old ORDER BY seq",
            [],
        );
        values(&self.db, taken).await
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

    /// The numbers of the rows that do not follow from the row before. There are none, unless a row was changed or
    /// removed past the triggers. Rows cut off at the end leave no trace here; to detect that, keep the last
    /// number and hash elsewhere.
    pub async fn audit_breaks(&self) -> Result<Vec<i64>> {
        values(&self.db, sql("SELECT seq FROM audit_breaks() ORDER BY seq", [])).await
    }
}
