//! Services: plans sold to customers, with billing's ids.

use model::{
    ids::{AccountId, ServiceId, TenantId},
    service::{Service, ServiceStatus},
};
use sea_orm::{
    Condition, EntityTrait, ExprTrait, FromQueryResult, IntoActiveModel, QuerySelect, Statement,
    sea_query::Expr,
};
use uuid::Uuid;

use super::entity::service;
use crate::{
    Error, Result, Store, Tx,
    columns::{parsed, word},
    page::{Page, joined, newest},
    statement::{all, execute, one, sql},
};

/// A service with its live account and the name of its plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedService {
    /// The service.
    pub service: Service,
    /// Its live account.
    pub account_id: Option<AccountId>,
    /// The name of its plan.
    pub plan_name: String,
}

/// Looks the account and the name up for the services that `page` selects.
fn named(page: Statement) -> Statement {
    let joins = "JOIN plans plan ON plan.id = it.plan_id
        LEFT JOIN accounts account ON account.service_id = it.id
            AND account.status IN ('pending', 'active', 'suspended')";
    joined(page, "it.*, account.id AS account_id, plan.name AS plan_name", joins)
}

impl Tx {
    /// Adds a service.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] by `services_external` or `services_domain`, both of the same tenant.
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
    /// A service of a tenant.
    pub async fn service(&self, tenant: TenantId, id: ServiceId) -> Result<Option<NamedService>> {
        let statement = sql(
            "SELECT * FROM services WHERE tenant_id = $1 AND id = $2",
            [tenant.uuid().into(), id.uuid().into()],
        );
        one::<NamedRow, _>(&self.db, named(statement)).await
    }

    /// A tenant's services, newest first.
    pub async fn services(&self, tenant: TenantId, page: Page) -> Result<Vec<NamedService>> {
        let conditions = Condition::all().add(Expr::col("tenant_id").eq(tenant.uuid()));
        all::<NamedRow, _>(&self.db, named(newest("services", conditions, page))).await
    }
}

#[derive(FromQueryResult)]
struct NamedRow {
    #[sea_orm(nested)]
    service: service::Model,
    account_id: Option<Uuid>,
    plan_name: String,
}

impl TryFrom<NamedRow> for NamedService {
    type Error = Error;

    fn try_from(row: NamedRow) -> Result<Self> {
        let NamedRow { service, account_id, plan_name } = row;
        Ok(Self { service: service.try_into()?, account_id: account_id.map(Into::into), plan_name })
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
