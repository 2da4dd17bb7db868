//! API tokens: added, listed, revoked, and found by the hash of a caller's token.

use model::{
    ids::{ApiTokenId, TenantId},
    role::Role,
    tenant::ApiToken,
};
use sea_orm::{Condition, ExprTrait, FromQueryResult, sea_query::Expr};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Error, Result, Store, Tx,
    columns::{count, word},
    page::{Page, newest},
    statement::{all, execute, is_there, one, sql, value},
};

/// The caller of an operation, known by its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The token's id, not the token.
    pub token_id: ApiTokenId,
    /// The tenant that the token belongs to.
    pub tenant_id: TenantId,
    /// The name of the token within the tenant.
    pub token_name: String,
    /// The role of the token.
    pub role: Role,
    /// Whether the tenant is the platform's.
    pub platform: bool,
    /// The tenant's own quota of calls; `None` for the default.
    pub requests: Option<u32>,
}

impl Tx {
    /// Adds a token with the SHA-256 by which it is found.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] by `api_tokens_expiry` if the token has expired already.
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
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// The tenant's owner token with this SHA-256; adds it if it does not exist. A revoked token stays revoked.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] by `api_tokens_sha256_key` if another tenant has it.
    pub async fn ensure_token(
        &self,
        tenant: TenantId,
        name: &str,
        sha256: [u8; 32],
    ) -> Result<ApiTokenId> {
        let statement = sql(
            "INSERT INTO api_tokens AS token (id, tenant_id, name, sha256, role)
             VALUES ($1, $2, $3, $4, 'owner')
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
        let id: Option<Uuid> = value(&self.db, statement).await?;
        let taken = || Error::Taken { constraint: "api_tokens_sha256_key".to_owned() };
        Ok(id.ok_or_else(taken)?.into())
    }

    /// Revokes a token and returns it. A token that was revoked before keeps its former time.
    pub async fn revoke_token(&self, id: ApiTokenId) -> Result<Option<ApiToken>> {
        let statement = sql(
            "UPDATE api_tokens SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 RETURNING *",
            [id.uuid().into()],
        );
        one::<TokenRow, _>(&self.db, statement).await
    }
}

impl Store {
    /// A token of any tenant.
    pub async fn token(&self, id: ApiTokenId) -> Result<Option<ApiToken>> {
        let statement = sql("SELECT * FROM api_tokens WHERE id = $1", [id.uuid().into()]);
        one::<TokenRow, _>(&self.db, statement).await
    }

    /// A tenant's tokens, newest first, with expired and revoked ones.
    pub async fn tokens(&self, tenant: TenantId, page: Page) -> Result<Vec<ApiToken>> {
        let conditions = Condition::all().add(Expr::col("tenant_id").eq(tenant.uuid()));
        all::<TokenRow, _>(&self.db, newest("api_tokens", conditions, page)).await
    }

    /// The caller with the token of this SHA-256; `None` if there is no such token, or it was revoked or has
    /// expired.
    pub async fn caller(&self, sha256: [u8; 32]) -> Result<Option<Caller>> {
        let statement = sql(
            "SELECT token.id, token.tenant_id, token.name, role, platform, requests
             FROM api_tokens token JOIN tenants ON tenants.id = tenant_id
                LEFT JOIN tenant_quotas quotas ON quotas.tenant_id = tenants.id
             WHERE sha256 = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())",
            [sha256.to_vec().into()],
        );
        one::<CallerRow, _>(&self.db, statement).await
    }

    /// Whether the token exists, was not revoked and has not expired.
    pub async fn is_token_good(&self, id: ApiTokenId) -> Result<bool> {
        let statement = sql(
            "SELECT FROM api_tokens
             WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())",
            [id.uuid().into()],
        );
        is_there(&self.db, statement).await
    }

    /// The tenant and the id of the token with this SHA-256, if that token was revoked or has expired.
    pub async fn ended_token(&self, sha256: [u8; 32]) -> Result<Option<(TenantId, ApiTokenId)>> {
        let statement = sql(
            "SELECT tenant_id, id FROM api_tokens
             WHERE sha256 = $1 AND (revoked_at IS NOT NULL OR expires_at <= now())",
            [sha256.to_vec().into()],
        );
        let ended: Option<(Uuid, Uuid)> = value(&self.db, statement).await?;
        Ok(ended.map(|(tenant, token)| (tenant.into(), token.into())))
    }
}

#[derive(FromQueryResult)]
struct TokenRow {
    id: Uuid,
    tenant_id: Uuid,
    name: String,
    role: String,
    expires_at: Option<OffsetDateTime>,
    revoked_at: Option<OffsetDateTime>,
}

impl TryFrom<TokenRow> for ApiToken {
    type Error = Error;

    fn try_from(row: TokenRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            tenant_id: row.tenant_id.into(),
            name: row.name,
            role: word("role", row.role)?,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        })
    }
}

#[derive(FromQueryResult)]
struct CallerRow {
    id: Uuid,
    tenant_id: Uuid,
    name: String,
    role: String,
    platform: bool,
    requests: Option<i32>,
}

impl TryFrom<CallerRow> for Caller {
    type Error = Error;

    fn try_from(row: CallerRow) -> Result<Self> {
        Ok(Self {
            token_id: row.id.into(),
            tenant_id: row.tenant_id.into(),
            token_name: row.name,
            role: word("role", row.role)?,
            platform: row.platform,
            requests: row.requests.map(|it| count("requests", it)).transpose()?,
        })
    }
}
