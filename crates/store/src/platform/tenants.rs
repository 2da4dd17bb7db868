//! Tenants: the hosting companies that use the platform.

use model::{ids::TenantId, tenant::Tenant};
use sea_orm::{Condition, ExprTrait, FromQueryResult, sea_query::Expr};
use uuid::Uuid;

use crate::{
    Error, Result, Store, Tx,
    page::{Page, newest},
    statement::{all, execute, one, sql, value},
};

impl Tx {
    /// Adds a tenant.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] by `tenants_name_key` if another tenant has the name.
    pub async fn insert_tenant(&self, tenant: &Tenant) -> Result<()> {
        let statement = sql(
            "INSERT INTO tenants (id, name, platform) VALUES ($1, $2, $3)",
            [tenant.id.uuid().into(), tenant.name.as_str().into(), tenant.platform.into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// The tenant with this name; adds it if it does not exist.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] by `tenants_name_check` unless the name is a DNS label in lower case.
    pub async fn ensure_tenant(&self, name: &str) -> Result<TenantId> {
        // The update changes nothing; it only makes the statement return an existing tenant.
        let statement = sql(
            "INSERT INTO tenants (id, name) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id",
            [TenantId::generate().uuid().into(), name.into()],
        );
        let id: Option<Uuid> = value(&self.db, statement).await?;
        let missing = || Error::Internal(format!("tenant {name} does not exist"));
        Ok(id.ok_or_else(missing)?.into())
    }

    /// Makes a tenant the platform's, whose owners look after tenants and tokens.
    pub async fn make_platform(&self, tenant: TenantId) -> Result<()> {
        let statement = sql(
            "UPDATE tenants SET platform = true WHERE id = $1 AND NOT platform",
            [tenant.uuid().into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }
}

impl Store {
    /// A tenant.
    pub async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>> {
        let statement = sql("SELECT * FROM tenants WHERE id = $1", [id.uuid().into()]);
        one::<TenantRow, _>(&self.db, statement).await
    }

    /// All tenants, newest first; or only the one in `only`.
    pub async fn tenants(&self, only: Option<TenantId>, page: Page) -> Result<Vec<Tenant>> {
        let only = only.map(|only| Expr::col("id").eq(only.uuid()));
        let conditions = Condition::all().add_option(only);
        all::<TenantRow, _>(&self.db, newest("tenants", conditions, page)).await
    }
}

#[derive(FromQueryResult)]
struct TenantRow {
    id: Uuid,
    name: String,
    platform: bool,
}

impl From<TenantRow> for Tenant {
    fn from(row: TenantRow) -> Self {
        Self { id: row.id.into(), name: row.name, platform: row.platform }
    }
}
