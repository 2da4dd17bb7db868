//! `account.suspend`: switches the virtual server off and makes the account suspended.
//!
//! DNS stays as it is, so that visitors see the panel's page for suspended sites. If billing wants the service on again before
//! the job began, nothing is switched: the gateway would refuse it, and the job that follows has nothing to switch back.

use engine::{Context, Step, Workflow};
use model::{
    account::{AccountEvent, AccountStatus, SuspendAccount},
    fault::Fault,
    ids::AccountId,
    service::ServiceStatus,
};
use serde_json::json;

use super::{check_account::CheckAccount, virtual_server::of_ours};
use crate::access::{AboutAccount, Access};

impl AboutAccount for SuspendAccount {
    fn account_id(&self) -> AccountId {
        self.account_id
    }
}

/// The steps in their order.
pub(crate) fn workflow(access: &Access) -> Workflow<SuspendAccount> {
    Workflow::new()
        .then(CheckAccount(access.clone()))
        .then(DisableVirtualServer(access.clone()))
        .then(RecordSuspension(access.clone()))
}

/// Switches it off. A repeat needs no look: the gateway leaves a virtual server that is off as it is, and
/// only sets the panel's protection again, which an earlier try may have missed.
struct DisableVirtualServer(Access);

impl Step<SuspendAccount> for DisableVirtualServer {
    const NAME: &'static str = "disable-virtual-server";
    /// Whether it is off; `false` if billing wants it on again.
    type Output = bool;

    async fn run(&self, cx: &Context<'_, SuspendAccount>) -> Result<bool, Fault> {
        let account = self.0.account(cx).await?;
        let service = self.0.store.service(account.tenant_id, account.service_id).await?;
        if account.status == AccountStatus::Active
            && service.is_some_and(|it| it.service.status == ServiceStatus::Active)
        {
            return Ok(false);
        }
        self.0.gateway.disable(cx.job, &account, &cx.order.reason).await?;
        Ok(true)
    }

    async fn undo(&self, cx: &Context<'_, SuspendAccount>) -> Result<(), Fault> {
        let account = self.0.account(cx).await?;
        if account.status != AccountStatus::Active {
            return Ok(());
        }
        of_ours(self.0.gateway.enable(cx.job, &account).await)
    }
}

/// Moves the account to suspended.
struct RecordSuspension(Access);

impl Step<SuspendAccount> for RecordSuspension {
    const NAME: &'static str = "record-suspension";
    type Output = ();

    async fn run(&self, cx: &Context<'_, SuspendAccount>) -> Result<(), Fault> {
        if !cx.output::<DisableVirtualServer>()? {
            return Ok(());
        }
        let detail = json!({ "reason": cx.order.reason });
        self.0.record(cx, AccountEvent::Suspended, detail).await
    }

    async fn look(&self, cx: &Context<'_, SuspendAccount>) -> Result<Option<()>, Fault> {
        let status = self.0.account(cx).await?.status;
        Ok((status == AccountStatus::Suspended).then_some(()))
    }

    async fn undo(&self, cx: &Context<'_, SuspendAccount>) -> Result<(), Fault> {
        if cx.output::<CheckAccount>()? == AccountStatus::Suspended {
            return Ok(());
        }
        let detail = json!({ "reason": "its suspension was undone" });
        self.0.record(cx, AccountEvent::Unsuspended, detail).await
    }
}
