//! `plan.apply`: the live accounts of a plan get its quotas in their rows, and each a job that brings its panel to them.
//!
//! Accounts come one after another, each in a transaction of its own, so that a plan may have any number of them. An account
//! that has the quotas already is left alone, so that a repeat goes on where it stopped. A pending account is changed too:
//! its job runs after the one that makes it. There is no undo: the rows of plan and account say what is wanted.

use engine::{Context, Step, Workflow};
use model::{
    account::HealAccount,
    fault::Fault,
    ids::AccountId,
    job::{Lane, NewJob},
    plan::{ApplyPlan, Plan, PlanTerms},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::Access;

/// Accounts that are looked up at a time.
const PAGE: u32 = 100;

/// The one step.
pub(crate) fn workflow(access: &Access) -> Workflow<ApplyPlan> {
    Workflow::new().then(ApplyQuotas(access.clone()))
}

struct ApplyQuotas(Access);

/// What became of the accounts.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Applied {
    /// Accounts that were changed.
    changed: u64,
}

impl Step<ApplyPlan> for ApplyQuotas {
    const NAME: &'static str = "apply-quotas";
    type Output = Applied;

    async fn run(&self, cx: &Context<'_, ApplyPlan>) -> Result<Applied, Fault> {
        let (store, id) = (&self.0.store, cx.order.plan_id);
        let plan = store.plan(cx.job.tenant_id, id).await?;
        let plan = plan.ok_or_else(|| Fault::not_found("plan", id))?;
        let (mut applied, mut after) = (Applied::default(), None);
        loop {
            let accounts = store.accounts_with_other_quotas(&plan, after, PAGE).await?;
            let Some(last) = accounts.last() else { break };
            after = Some(*last);
            for account in accounts {
                applied.changed += u64::from(self.change(cx, &plan, account).await?);
            }
        }
        let tx = store.begin().await?;
        let detail = json!(applied);
        tx.audit(cx.job.tenant_id, &cx.origin(), "plan.applied", &id.target(), detail).await?;
        tx.commit().await?;
        Ok(applied)
    }
}

impl ApplyQuotas {
    /// Changes one account; `false` if there is nothing to change.
    async fn change(
        &self,
        cx: &Context<'_, ApplyPlan>,
        plan: &Plan,
        id: AccountId,
    ) -> Result<bool, Fault> {
        let tx = self.0.store.begin().await?;
        let account = tx.lock_with_service(id).await?.filter(|it| it.status.is_live());
        let Some(account) = account else { return Ok(false) };
        let terms = account.terms.with_quotas_of(&plan.terms);
        if terms == account.terms {
            return Ok(false);
        }
        tx.set_account_terms(id, &terms).await?;
        let order = HealAccount { account_id: id, terms: true };
        let job = NewJob::of(account.tenant_id, &order, cx.origin())
            .holding(account.server_id.mutation_slot())
            .in_lane(Lane::Bulk);
        tx.file_job(&job).await?;
        let quotas = |terms: &PlanTerms| json!({ "disk_mib": terms.disk_mib, "bandwidth_mib": terms.bandwidth_mib });
        let detail = json!({
            "plan_id": plan.id, "from": quotas(&account.terms), "to": quotas(&terms), "job_id": job.id,
        });
        tx.audit(account.tenant_id, &cx.origin(), "account.terms", &id.target(), detail).await?;
        tx.commit().await?;
        Ok(true)
    }
}
