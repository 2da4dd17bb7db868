//! What billing wants: plans sold to customers.

use model::{
    ids::{AccountId, ServiceId, TenantId},
    service::{Service, ServiceStatus},
};
use sea_orm::{
    ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryResult, QuerySelect,
};
use uuid::Uuid;

use crate::{
    Error, Result, Store, Tx,
    entity::{parsed, service, word},
    page::Page,
    sql,
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

    /// A service, whoever's it is; others who want to lock it wait until this transaction ends.
    pub async fn lock_service(&self, id: ServiceId) -> Result<Option<Service>> {
        let query = service::Entity::find_by_id(id.uuid()).lock_exclusive();
        query.one(&self.db).await?.map(Service::try_from).transpose()
    }

    /// Moves a service from one status to another; `false`, and nothing changed, if it is not in `from`.
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
        Ok(self.db.execute_raw(statement).await?.rows_affected() == 1)
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
        self.db.query_one_raw(statement).await?.map(|row| with_account(&row)).transpose()
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
        self.db.query_all_raw(statement).await?.iter().map(with_account).collect()
    }
}

fn with_account(row: &QueryResult) -> Result<(Service, Option<AccountId>)> {
    let account: Option<Uuid> = row.try_get("", "account_id")?;
    Ok((service::Model::from_query_result(row, "")?.try_into()?, account.map(Into::into)))
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
