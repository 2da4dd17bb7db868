//! Hosting companies, and who calls for them.

use model::{
    ids::{ApiTokenId, TenantId},
    role::Role,
    tenant::Tenant,
};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use crate::{Error, Result, Store, Tx, entity::word, page::Page, sql};

/// Who calls, by the token that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The token's id, not the token.
    pub token_id: ApiTokenId,
    /// The tenant that it belongs to.
    pub tenant_id: TenantId,
    /// What the tenant calls it.
    pub token_name: String,
    /// What it may do.
    pub role: Role,
    /// Whether its tenant looks after the platform.
    pub platform: bool,
}

impl Tx {
    /// Adds a tenant.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] by `tenants_name_key` where another has its name.
    pub async fn insert_tenant(&self, tenant: &Tenant) -> Result<()> {
        let statement = sql(
            "INSERT INTO tenants (id, name, platform) VALUES ($1, $2, $3)",
            [tenant.id.uuid().into(), tenant.name.as_str().into(), tenant.platform.into()],
        );
        self.db.execute_raw(statement).await?;
        Ok(())
    }

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

    /// Gives a tenant's owners the platform to look after.
    pub async fn make_platform(&self, tenant: TenantId) -> Result<()> {
        let statement = sql(
            "UPDATE tenants SET platform = true WHERE id = $1 AND NOT platform",
            [tenant.uuid().into()],
        );
        self.db.execute_raw(statement).await?;
        Ok(())
    }

    /// The tenant's owner token with this SHA-256, made if it is not there. A revoked one stays revoked.
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
        let row = self.db.query_one_raw(statement).await?;
        let taken = || Error::Taken { constraint: "api_tokens_sha256_key".to_owned() };
        Ok(row.ok_or_else(taken)?.try_get::<Uuid>("", "id")?.into())
    }
}

impl Store {
    /// A tenant.
    pub async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>> {
        let statement = sql("SELECT * FROM tenants WHERE id = $1", [id.uuid().into()]);
        self.db.query_one_raw(statement).await?.map(|row| read_tenant(&row)).transpose()
    }

    /// Every tenant, newest first; or only one.
    pub async fn tenants(&self, only: Option<TenantId>, page: Page) -> Result<Vec<Tenant>> {
        let statement = sql(
            "SELECT * FROM tenants
             WHERE ($1::uuid IS NULL OR id = $1) AND ($2::uuid IS NULL OR id < $2)
             ORDER BY id DESC LIMIT $3",
            [only.map(|it| it.uuid()).into(), page.after.into(), i64::from(page.size).into()],
        );
        self.db.query_all_raw(statement).await?.iter().map(read_tenant).collect()
    }

    /// Whose token this is; `None` if nobody's, or revoked, or expired.
    pub async fn caller(&self, sha256: [u8; 32]) -> Result<Option<Caller>> {
        let statement = sql(
            "SELECT token.id, tenant_id, token.name, role, platform
             FROM api_tokens token JOIN tenants ON tenants.id = tenant_id
             WHERE sha256 = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())",
            [sha256.to_vec().into()],
        );
        let Some(row) = self.db.query_one_raw(statement).await? else { return Ok(None) };
        let (token, tenant): (Uuid, Uuid) = (row.try_get("", "id")?, row.try_get("", "tenant_id")?);
        Ok(Some(Caller {
            token_id: token.into(),
            tenant_id: tenant.into(),
            token_name: row.try_get("", "name")?,
            role: word("role", row.try_get("", "role")?)?,
            platform: row.try_get("", "platform")?,
        }))
    }

    /// Whose token this was, if it is one that was revoked or has expired.
    pub async fn ended_token(&self, sha256: [u8; 32]) -> Result<Option<(TenantId, ApiTokenId)>> {
        let statement = sql(
            "SELECT id, tenant_id FROM api_tokens
             WHERE sha256 = $1 AND (revoked_at IS NOT NULL OR expires_at <= now())",
            [sha256.to_vec().into()],
        );
        let Some(row) = self.db.query_one_raw(statement).await? else { return Ok(None) };
        let (token, tenant): (Uuid, Uuid) = (row.try_get("", "id")?, row.try_get("", "tenant_id")?);
        Ok(Some((tenant.into(), token.into())))
    }
}

fn read_tenant(row: &QueryResult) -> Result<Tenant> {
    Ok(Tenant {
        id: row.try_get::<Uuid>("", "id")?.into(),
        name: row.try_get("", "name")?,
        platform: row.try_get("", "platform")?,
    })
}
