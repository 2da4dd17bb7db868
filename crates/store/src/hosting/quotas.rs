//! The quotas of accounts beside those of their plan: disk space and transfer, which can change while an account is live.

use model::{
    ids::AccountId,
    plan::{Plan, PlanTerms},
};
use sea_orm::Value;
use uuid::Uuid;

use crate::{
    Error, Result, Store, Tx,
    columns::document,
    statement::{execute, sql, value, values},
};

/// The live accounts of plan `$1` whose disk space is not `$2` or whose transfer is not `$3`.
const DIFFERENT: &str =
    "FROM accounts WHERE plan_id = $1 AND status IN ('pending', 'active', 'suspended')
    AND (terms -> 'disk_mib', terms -> 'bandwidth_mib') IS DISTINCT FROM ($2::jsonb, $3::jsonb)";

/// The values of [`DIFFERENT`].
fn quotas(plan: &Plan) -> Result<[Value; 3]> {
    let PlanTerms { disk_mib, bandwidth_mib, .. } = &plan.terms;
    let (disk, bandwidth) =
        (document("disk_mib", disk_mib)?, document("bandwidth_mib", bandwidth_mib)?);
    Ok([plan.id.uuid().into(), disk.into(), bandwidth.into()])
}

impl Tx {
    /// The number of a plan's live accounts that have other quotas than the plan.
    pub async fn count_with_other_quotas(&self, plan: &Plan) -> Result<u32> {
        let statement = sql(&format!("SELECT count(*) {DIFFERENT}"), quotas(plan)?);
        let number: i64 = value(&self.db, statement).await?.unwrap_or_default();
        u32::try_from(number).map_err(|_| Error::Unreadable(format!("{number} accounts")))
    }

    /// Changes the terms of an account. Its virtual server keeps its quotas until a job sets them.
    pub async fn set_account_terms(&self, id: AccountId, terms: &PlanTerms) -> Result<()> {
        let statement = sql(
            "UPDATE accounts SET terms = $2 WHERE id = $1",
            [id.uuid().into(), document("terms", terms)?.into()],
        );
        match execute(&self.db, statement).await? {
            1 => Ok(()),
            _ => Err(Error::Internal(format!("there is no account {id}"))),
        }
    }
}

impl Store {
    /// The next `size` of a plan's live accounts that have other quotas than the plan, in the order of their ids.
    pub async fn accounts_with_other_quotas(
        &self,
        plan: &Plan,
        after: Option<AccountId>,
        size: u32,
    ) -> Result<Vec<AccountId>> {
        let text = format!("SELECT id {DIFFERENT} AND id > $4 ORDER BY id LIMIT $5");
        let after = after.map_or(Uuid::nil(), AccountId::uuid);
        let [id, disk, bandwidth] = quotas(plan)?;
        let given = [id, disk, bandwidth, after.into(), i64::from(size).into()];
        let ids: Vec<Uuid> = values(&self.db, sql(&text, given)).await?;
        Ok(ids.into_iter().map(AccountId::from).collect())
    }
}
