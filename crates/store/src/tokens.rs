//! API tokens as their owners see them: made, listed, revoked. What calls are made with is only a hash here.

use model::{
    ids::{ApiTokenId, TenantId},
    tenant::ApiToken,
};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use crate::{Result, Store, Tx, entity::word, page::Page, sql};

impl Tx {
    /// Adds a token that is known by this SHA-256.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Refused`] by `api_tokens_expiry` where it would have ended already.
    pub async fn insert_token(&self, token: &ApiToken, sha256: [u8; 32]) -> Result<()> {
        let statement = sql(
            "INSERT INTO api_tokens (id, tenant_id, name, sha256, role, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            [
                token.id.uuid().into(),
                token.tenant_id.uuid().into(),
                token.name.as_str().into(),
                sha256.to_vec().into(),
                token.role.as_str().into(),
                token.expires_at.into(),
            ],
        );
        self.db.execute_raw(statement).await?;
        Ok(())
    }

    /// Ends a token, and says how it is now. One that was revoked before keeps its moment.
    pub async fn revoke_token(&self, id: ApiTokenId) -> Result<Option<ApiToken>> {
        let statement = sql(
            "UPDATE api_tokens SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 RETURNING *",
            [id.uuid().into()],
        );
        self.db.query_one_raw(statement).await?.map(|row| read(&row)).transpose()
    }
}

impl Store {
    /// A token, whoever's it is.
    pub async fn token(&self, id: ApiTokenId) -> Result<Option<ApiToken>> {
        let statement = sql("SELECT * FROM api_tokens WHERE id = $1", [id.uuid().into()]);
        self.db.query_one_raw(statement).await?.map(|row| read(&row)).transpose()
    }

    /// A tenant's tokens, newest first; those that have ended too.
    pub async fn tokens(&self, tenant: TenantId, page: Page) -> Result<Vec<ApiToken>> {
        let statement = sql(
            "SELECT * FROM api_tokens WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2)
             ORDER BY id DESC LIMIT $3",
            [tenant.uuid().into(), page.after.into(), i64::from(page.size).into()],
        );
        self.db.query_all_raw(statement).await?.iter().map(read).collect()
    }
}

fn read(row: &QueryResult) -> Result<ApiToken> {
    let (id, tenant): (Uuid, Uuid) = (row.try_get("", "id")?, row.try_get("", "tenant_id")?);
    Ok(ApiToken {
        id: id.into(),
        tenant_id: tenant.into(),
        name: row.try_get("", "name")?,
        role: word("role", row.try_get("", "role")?)?,
        expires_at: row.try_get("", "expires_at")?,
        revoked_at: row.try_get("", "revoked_at")?,
    })
}
