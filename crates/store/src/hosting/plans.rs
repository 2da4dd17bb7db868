//! Plans: the limits and features that hosting companies sell.

use model::{
    ids::{PlanId, TenantId},
    plan::Plan,
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::entity::plan;
use crate::{
    Error, Result, Store, Tx,
    columns::{document, plain},
    page::Page,
};

impl Tx {
    /// Adds a plan.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] by `plans_tenant_id_name_key` if the tenant has a plan with this name.
    pub async fn insert_plan(&self, new: &Plan) -> Result<()> {
        let row = plan::Model {
            id: new.id.uuid(),
            tenant_id: new.tenant_id.uuid(),
            name: new.name.clone(),
            terms: document("terms", &new.terms)?,
        };
        plan::Entity::insert(row.into_active_model()).exec_without_returning(&self.db).await?;
        Ok(())
    }
}

impl Store {
    /// A plan of a tenant.
    pub async fn plan(&self, tenant: TenantId, id: PlanId) -> Result<Option<Plan>> {
        let row = plan::Entity::find_by_id(id.uuid())
            .filter(plan::Column::TenantId.eq(tenant.uuid()))
            .one(&self.db)
            .await?;
        row.map(Plan::try_from).transpose()
    }

    /// A tenant's plans, newest first.
    pub async fn plans(&self, tenant: TenantId, page: Page) -> Result<Vec<Plan>> {
        let mut query = plan::Entity::find().filter(plan::Column::TenantId.eq(tenant.uuid()));
        if let Some(after) = page.after {
            query = query.filter(plan::Column::Id.lt(after));
        }
        let query = query.order_by_desc(plan::Column::Id).limit(u64::from(page.size));
        query.all(&self.db).await?.into_iter().map(Plan::try_from).collect()
    }
}

impl TryFrom<plan::Model> for Plan {
    type Error = Error;

    fn try_from(row: plan::Model) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            tenant_id: row.tenant_id.into(),
            name: row.name,
            terms: plain("terms", row.terms)?,
        })
    }
}
