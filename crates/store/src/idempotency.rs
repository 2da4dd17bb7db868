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
}

impl Tx {
    /// Takes a key. A second transaction with the same key waits here until the first has ended.
    pub async fn begin_idempotent(
        &self,
        tenant: TenantId,
        key: &str,
        operation: &str,
        request_sha256: [u8; 32],
    ) -> Result<Replay> {
        let insert = sql(
            "INSERT INTO idempotency_keys (tenant_id, key, operation, request_sha256, response)
             VALUES ($1, $2, $3, $4, 'null') ON CONFLICT DO NOTHING",
            [tenant.uuid().into(), key.into(), operation.into(), request_sha256.to_vec().into()],
        );
        if self.db.execute_raw(insert).await?.rows_affected() == 1 {
            return Ok(Replay::First);
        }
        let select = sql(
            "SELECT response, operation = $3 AND request_sha256 = $4 AS same
             FROM idempotency_keys WHERE tenant_id = $1 AND key = $2",
            [tenant.uuid().into(), key.into(), operation.into(), request_sha256.to_vec().into()],
        );
        match self.db.query_one_raw(select).await? {
            Some(row) if row.try_get("", "same")? => Ok(Replay::Same(row.try_get("", "response")?)),
            Some(_) => Ok(Replay::Other),
            None => {
                let problem = "the idempotency key has just been forgotten: try again";
                Err(Error::Unavailable(problem.to_owned()))
            }
        }
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
