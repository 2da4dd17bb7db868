//! Answers to mutations, stored under the caller's idempotency key.

use std::time::Duration;

use model::ids::TenantId;
use serde_json::Value;

use crate::{
    Error, Result, Store, Tx,
    statement::{execute, sql, value},
};

/// What is stored under an idempotency key.
#[derive(Clone, Debug, PartialEq)]
pub enum Replay {
    /// Nothing: carry out the request, and store its answer with [`Tx::remember`].
    First,
    /// This is the answer to the same request.
    Same(Value),
    /// The key was used for a different request.
    Other,
    /// Another transaction is carrying out the first request.
    InProgress,
}

impl Tx {
    /// Takes a key. While another transaction has it, this waits for up to two seconds. After
    /// [`Replay::InProgress`] this transaction cannot be used any more.
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
        // Another transaction has the key, and its row is not visible yet.
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
            let problem = "the idempotency key has just expired: try again";
            Error::Unavailable(problem.to_owned())
        })
    }

    /// Whether the key was free and this transaction has it now. The lock keeps a second transaction from waiting
    /// at the row for as long as the first one takes.
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
        Ok(execute(&self.db, insert).await? == 1)
    }

    async fn known_key(
        &self,
        tenant: TenantId,
        key: &str,
        operation: &str,
        request_sha256: [u8; 32],
    ) -> Result<Option<Replay>> {
        let select = sql(
            "SELECT operation = $3 AND request_sha256 = $4, response
             FROM idempotency_keys WHERE tenant_id = $1 AND key = $2",
            [tenant.uuid().into(), key.into(), operation.into(), request_sha256.to_vec().into()],
        );
        let known: Option<(bool, Value)> = value(&self.db, select).await?;
        Ok(known.map(|(same, response)| if same { Replay::Same(response) } else { Replay::Other }))
    }

    async fn wait_for_key(&self, tenant: TenantId, key: &str) -> Result<()> {
        execute(&self.db, sql("SET LOCAL lock_timeout = '2s'", [])).await?;
        let lock = sql(
            "SELECT pg_advisory_xact_lock(hashtextextended($1::text || $2, 0))",
            [tenant.uuid().into(), key.into()],
        );
        execute(&self.db, lock).await?;
        execute(&self.db, sql("SET LOCAL lock_timeout TO DEFAULT", [])).await?;
        Ok(())
    }

    /// Stores the answer under a key that this transaction has taken.
    pub async fn remember(&self, tenant: TenantId, key: &str, response: &Value) -> Result<()> {
        let statement = sql(
            "UPDATE idempotency_keys SET response = $3 WHERE tenant_id = $1 AND key = $2",
            [tenant.uuid().into(), key.into(), response.clone().into()],
        );
        match execute(&self.db, statement).await? {
            1 => Ok(()),
            _ => Err(Error::Internal(
                "an answer under an idempotency key that was not taken".to_owned(),
            )),
        }
    }
}

impl Store {
    /// Deletes the keys that are older than this, with their answers, and returns their number.
    pub async fn purge_idempotency_keys(&self, older_than: Duration) -> Result<u64> {
        let statement = sql(
            "DELETE FROM idempotency_keys WHERE created_at < now() - $1 * interval '1 second'",
            [older_than.as_secs_f64().into()],
        );
        execute(&self.db, statement).await
    }
}
