//! First answers to mutations, by the key that the caller chose for the intent.

use std::time::Duration;

use model::ids::TenantId;
use sea_orm::ConnectionTrait;
use serde_json::Value;

use crate::{Error, Result, Store, Tx, sql};

/// What is known under a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Replay {
    /// Nothing: do it, and [`Tx::remember`] the answer.
    First,
    /// The same request was answered so.
    Same(Value),
    /// The key was used for something else.
    Other,
    /// Somebody is at it.
    InProgress,
}

impl Tx {
    /// Takes a key. While another transaction has it, this waits for up to two seconds; after
    /// [`Replay::InProgress`] this transaction is of no more use.
    pub async fn begin_idempotent(
        &self,
        tenant: TenantId,
        key: &str,
        operation: &str,
        request_sha256: [u8; 32],
    ) -> Result<Replay> {
        if self.take_key(tenant, key, operation, request_sha256).await? {
            return Ok(Replay::First);
        }
        if let Some(known) = self.known_key(tenant, key, operation, request_sha256).await? {
            return Ok(known);
        }
        // Another transaction is at it, and its row cannot be seen yet.
        match self.wait_for_key(tenant, key).await {
            Ok(()) => {}
            Err(Error::Held(_)) => return Ok(Replay::InProgress),
            Err(error) => return Err(error),
        }
        if self.take_key(tenant, key, operation, request_sha256).await? {
            return Ok(Replay::First);
        }
        let known = self.known_key(tenant, key, operation, request_sha256).await?;
        known.ok_or_else(|| {
            let problem = "the idempotency key has just been forgotten: try again";
            Error::Unavailable(problem.to_owned())
        })
    }

    /// Whether the key was free, and is ours now. The lock keeps a second transaction from waiting
    /// at the row for as long as the first takes.
    async fn take_key(
        &self,
        tenant: TenantId,
        key: &str,
        operation: &str,
        request_sha256: [u8; 32],
    ) -> Result<bool> {
        let insert = sql(
            "INSERT INTO idempotency_keys (tenant_id, key, operation, request_sha256, response)
             SELECT $1::uuid, $2::text, $3::text, $4::bytea, 'null'
             WHERE pg_try_advisory_xact_lock(hashtextextended($1::text || $2, 0))
             ON CONFLICT DO NOTHING",
            [tenant.uuid().into(), key.into(), operation.into(), request_sha256.to_vec().into()],
        );
        Ok(self.db.execute_raw(insert).await?.rows_affected() == 1)
    }

    async fn known_key(
        &self,
        tenant: TenantId,
        key: &str,
        operation: &str,
        request_sha256: [u8; 32],
    ) -> Result<Option<Replay>> {
        let select = sql(
            "SELECT response, operation = $3 AND request_sha256 = $4 AS same
             FROM idempotency_keys WHERE tenant_id = $1 AND key = $2",
            [tenant.uuid().into(), key.into(), operation.into(), request_sha256.to_vec().into()],
        );
        let Some(row) = self.db.query_one_raw(select).await? else { return Ok(None) };
        let same = row.try_get("", "same")?;
        Ok(Some(if same { Replay::Same(row.try_get("", "response")?) } else { Replay::Other }))
    }

    async fn wait_for_key(&self, tenant: TenantId, key: &str) -> Result<()> {
        self.db.execute_raw(sql("SET LOCAL lock_timeout = '2s'", [])).await?;
        let lock = sql(
            "SELECT pg_advisory_xact_lock(hashtextextended($1::text || $2, 0))",
            [tenant.uuid().into(), key.into()],
        );
        self.db.execute_raw(lock).await?;
        self.db.execute_raw(sql("SET LOCAL lock_timeout TO DEFAULT", [])).await?;
        Ok(())
    }

    /// Keeps the answer for repeats. The key was taken in this transaction.
    pub async fn remember(&self, tenant: TenantId, key: &str, response: &Value) -> Result<()> {
        let statement = sql(
            "UPDATE idempotency_keys SET response = $3 WHERE tenant_id = $1 AND key = $2",
            [tenant.uuid().into(), key.into(), response.clone().into()],
        );
        match self.db.execute_raw(statement).await?.rows_affected() {
            1 => Ok(()),
            _ => Err(Error::Internal(
                "an answer under an idempotency key that nobody took".to_owned(),
            )),
        }
    }
}

impl Store {
    /// Forgets keys that are older; how many.
    pub async fn forget_idempotency_keys(&self, older_than: Duration) -> Result<u64> {
        let statement = sql(
            "DELETE FROM idempotency_keys WHERE created_at < now() - $1 * interval '1 second'",
            [older_than.as_secs_f64().into()],
        );
        Ok(self.db.execute_raw(statement).await?.rows_affected())
    }
}
