//! Hosting companies and their API tokens.

use model::ids::{ApiTokenId, TenantId};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::{Result, Store, Tx, sql};

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
    pub async fn ensure_tenant(&self, name: &str) -> Result<TenantId> {
        let insert = sql(
            "INSERT INTO tenants (id, name) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            [TenantId::generate().uuid().into(), name.into()],
        );
        self.db.execute_raw(insert).await?;
        let select = sql("SELECT id FROM tenants WHERE name = $1", [name.into()]);
        let row = self.db.query_one_raw(select).await?;
        let id: Uuid = row.map(|it| it.try_get("", "id")).transpose()?.unwrap_or_default();
        Ok(id.into())
    }

    /// The token with this SHA-256, made if it is not there.
    pub async fn ensure_token(
        &self,
        tenant: TenantId,
        name: &str,
        sha256: [u8; 32],
    ) -> Result<ApiTokenId> {
        let hash = sha256.to_vec();
        let insert = sql(
            "INSERT INTO api_tokens (id, tenant_id, name, sha256) VALUES ($1, $2, $3, $4)
             ON CONFLICT (sha256) DO NOTHING",
            [
                ApiTokenId::generate().uuid().into(),
                tenant.uuid().into(),
                name.into(),
                hash.clone().into(),
            ],
        );
        self.db.execute_raw(insert).await?;
        let select = sql("SELECT id FROM api_tokens WHERE sha256 = $1", [hash.into()]);
        let row = self.db.query_one_raw(select).await?;
        let id: Uuid = row.map(|it| it.try_get("", "id")).transpose()?.unwrap_or_default();
        Ok(id.into())
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
        let (token, tenant): (Uuid, Uuid) =
            (row.try_get("", "id")?, row.try_get("", "tenant_id")?);
        Ok(Some(Caller {
            token_id: token.into(),
            tenant_id: tenant.into(),
            token_name: row.try_get("", "name")?,
        }))
    }
}
