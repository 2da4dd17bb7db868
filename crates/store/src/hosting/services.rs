//! Services: plans sold to customers, with billing's ids.

use model::{
    ids::{AccountId, ServiceId, TenantId},
    service::{Service, ServiceStatus},
};
use sea_orm::{EntityTrait, FromQueryResult, IntoActiveModel, QuerySelect};
use uuid::Uuid;

use super::entity::service;
use crate::{
    Error, Result, Store, Tx,
    columns::{parsed, word},
    page::Page,
    statement::{all, execute, one, sql},
};

impl Tx {
    /// Adds a service.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] by `services_external` or `services_domain`.
    pub async fn insert_service(&self, new: &Service) -> Result<()> {
        let row = service::Model {
            id: new.id.uuid(),
            tenant_id: new.tenant_id.uuid(),
            plan_id: new.plan_id.uuid(),
            domain: new.domain.as_str().to_owned(),
            external_id: new.external_id.clone(),
            status: new.status.as_str().to_owned(),
        };
        service::Entity::insert(row.into_active_model()).exec_without_returning(&self.db).await?;
        Ok(())
    }

    /// A service of any tenant, locked until this transaction ends.
    pub async fn lock_service(&self, id: ServiceId) -> Result<Option<Service>> {
        let query = service::Entity::find_by_id(id.uuid()).lock_exclusive();
        query.one(&self.db).await?.map(Service::try_from).transpose()
    }

    /// Moves a service from one status to another; `false`, and nothing changes, if it is not in `from`.
    pub async fn set_service_status(
        &self,
        id: ServiceId,
        from: ServiceStatus,
        to: ServiceStatus,
    ) -> Result<bool> {
        let statement = sql(
            "UPDATE services SET status = $3 WHERE id = $1 AND status = $2",
            [id.uuid().into(), from.as_str().into(), to.as_str().into()],
        );
        Ok(execute(&self.db, statement).await? == 1)
    }
}

impl Store {
    /// A service of a tenant, and its live account.
    pub async fn service(
        &self,
        tenant: TenantId,
        id: ServiceId,
    ) -> Result<Option<(Service, Option<AccountId>)>> {
        let statement = sql(
            "SELECT service.*, account.id AS account_id FROM services service
             LEFT JOIN accounts account ON account.service_id = service.id
                AND account.status IN ('pending', 'active', 'suspended')
             WHERE service.tenant_id = $1 AND service.id = $2",
            [tenant.uuid().into(), id.uuid().into()],
        );
        one::<ServiceRow, _>(&self.db, statement).await
    }

    /// A tenant's services, newest first, each with its live account.
    pub async fn services(
        &self,
        tenant: TenantId,
        page: Page,
    ) -> Result<Vec<(Service, Option<AccountId>)>> {
        let statement = sql(
            "SELECT service.*, account.id AS account_id FROM services service
             LEFT JOIN accounts account ON account.service_id = service.id
                AND account.status IN ('pending', 'active', 'suspended')
             WHERE service.tenant_id = $1 AND ($2::uuid IS NULL OR service.id < $2)
             ORDER BY service.id DESC LIMIT $3",
            [tenant.uuid().into(), page.after.into(), i64::from(page.size).into()],
        );
        all::<ServiceRow, _>(&self.db, statement).await
    }
}

/// A service with its live account.
#[derive(FromQueryResult)]
struct ServiceRow {
    #[sea_orm(nested)]
    service: service::Model,
    account_id: Option<Uuid>,
}

impl TryFrom<ServiceRow> for (Service, Option<AccountId>) {
    type Error = Error;

    fn try_from(row: ServiceRow) -> Result<Self> {
        Ok((row.service.try_into()?, row.account_id.map(Into::into)))
    }
}

impl TryFrom<service::Model> for Service {
    type Error = Error;

    fn try_from(row: service::Model) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            tenant_id: row.tenant_id.into(),
            plan_id: row.plan_id.into(),
            domain: parsed("domain", &row.domain)?,
            external_id: row.external_id,
            status: word("status", row.status)?,
        })
    }
}
