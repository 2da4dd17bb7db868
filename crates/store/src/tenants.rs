//! Hosting companies and their API tokens.

use model::ids::{ApiTokenId, TenantId};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::{Error, Result, Store, Tx, sql};

/// Who calls, by the token that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The token's id, not the token.
    pub token_id: ApiTokenId,
    /// The tenant that it belongs to.
    pub tenant_id: TenantId,
    /// What the tenant calls it.
    pub token_name: String,
}

impl Tx {
    /// The tenant of this name, made if it is not there.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] by `tenants_name_check` unless the name is a DNS label in lower case.
    pub async fn ensure_tenant(&self, name: &str) -> Result<TenantId> {
        // The update changes nothing; it makes a tenant that is there already come back.
        let statement = sql(
            "INSERT INTO tenants (id, name) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id",
            [TenantId::generate().uuid().into(), name.into()],
        );
        let row = self.db.query_one_raw(statement).await?;
        let row = row.ok_or_else(|| Error::Internal(format!("tenant {name} is not there")))?;
        Ok(row.try_get::<Uuid>("", "id")?.into())
    }

    /// The tenant's token with this SHA-256, made if it is not there. A revoked one stays revoked.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] by `api_tokens_sha256_key` where another tenant has it.
    pub async fn ensure_token(
        &self,
        tenant: TenantId,
        name: &str,
        sha256: [u8; 32],
    ) -> Result<ApiTokenId> {
        let statement = sql(
            "INSERT INTO api_tokens AS token (id, tenant_id, name, sha256) VALUES ($1, $2, $3, $4)
             ON CONFLICT (sha256) DO UPDATE SET name = excluded.name
                WHERE token.tenant_id = excluded.tenant_id
             RETURNING id",
            [
                ApiTokenId::generate().uuid().into(),
                tenant.uuid().into(),
                name.into(),
                sha256.to_vec().into(),
            ],
        );
        let row = self.db.query_one_raw(statement).await?;
        let taken = || Error::Taken { constraint: "api_tokens_sha256_key".to_owned() };
        Ok(row.ok_or_else(taken)?.try_get::<Uuid>("", "id")?.into())
    }
}

impl Store {
    /// Whose token this is; `None` if nobody's, or revoked.
    pub async fn caller(&self, sha256: [u8; 32]) -> Result<Option<Caller>> {
        let statement = sql(
            "SELECT id, tenant_id, name FROM api_tokens WHERE sha256 = $1 AND revoked_at IS NULL",
            [sha256.to_vec().into()],
        );
        let Some(row) = self.db.query_one_raw(statement).await? else { return Ok(None) };
        let (token, tenant): (Uuid, Uuid) = (row.try_get("", "id")?, row.try_get("", "tenant_id")?);
        Ok(Some(Caller {
            token_id: token.into(),
            tenant_id: tenant.into(),
            token_name: row.try_get("", "name")?,
        }))
    }
}
