//! Plans: the limits and features that hosting companies sell. Reads leave out deleted plans.

use model::{
    ids::{PlanId, TenantId},
    plan::Plan,
};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    Select, sea_query::Expr,
};

use super::entity::plan;
use crate::{
    Error, Result, Store, Tx,
    columns::{document, plain},
    page::Page,
    statement::{execute, one, sql},
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

    /// A plan of a tenant, locked until this transaction ends: until then nothing is sold on it, and no account gets its
    /// terms.
    pub async fn lock_plan(&self, tenant: TenantId, id: PlanId) -> Result<Option<Plan>> {
        let statement = sql(
            "SELECT * FROM plans WHERE id = $1 AND tenant_id = $2 AND deleted_at IS NULL FOR UPDATE",
            [id.uuid().into(), tenant.uuid().into()],
        );
        one::<plan::Model, _>(&self.db, statement).await
    }

    /// The plan of a service, whose terms an account is about to get: nobody changes it before this transaction ends.
    pub async fn plan_to_use(&self, id: PlanId) -> Result<Option<Plan>> {
        let text = "SELECT * FROM plans WHERE id = $1 FOR KEY SHARE";
        one::<plan::Model, _>(&self.db, sql(text, [id.uuid().into()])).await
    }

    /// Changes a plan's name and terms. Accounts keep theirs.
    ///
    /// # Errors
    ///
    /// As [`Tx::insert_plan`].
    pub async fn update_plan(&self, changed: &Plan) -> Result<()> {
        let statement = sql(
            "UPDATE plans SET name = $2, terms = $3 WHERE id = $1",
            [
                changed.id.uuid().into(),
                changed.name.as_str().into(),
                document("terms", &changed.terms)?.into(),
            ],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Deletes a locked plan that nothing uses. The row stays for what was sold on it.
    pub async fn delete_plan(&self, id: PlanId) -> Result<()> {
        let statement =
            sql("UPDATE plans SET deleted_at = now() WHERE id = $1", [id.uuid().into()]);
        execute(&self.db, statement).await?;
        Ok(())
    }
}

impl Store {
    /// A plan of a tenant.
    pub async fn plan(&self, tenant: TenantId, id: PlanId) -> Result<Option<Plan>> {
        let row = present(plan::Entity::find_by_id(id.uuid()))
            .filter(plan::Column::TenantId.eq(tenant.uuid()))
            .one(&self.db)
            .await?;
        row.map(Plan::try_from).transpose()
    }

    /// A tenant's plans, newest first.
    pub async fn plans(&self, tenant: TenantId, page: Page) -> Result<Vec<Plan>> {
        let query = present(plan::Entity::find());
        let mut query = query.filter(plan::Column::TenantId.eq(tenant.uuid()));
        if let Some(after) = page.after {
            query = query.filter(plan::Column::Id.lt(after));
        }
        let query = query.order_by_desc(plan::Column::Id).limit(u64::from(page.size));
        query.all(&self.db).await?.into_iter().map(Plan::try_from).collect()
    }
}

/// The plans that were not deleted.
fn present(plans: Select<plan::Entity>) -> Select<plan::Entity> {
    plans.filter(Expr::col("deleted_at").is_null())
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
