//! `account.unsuspend`: switches the virtual server on again and makes the account active.

use engine::{Context, Step, Workflow};
use model::{
    account::{AccountEvent, AccountStatus, UnsuspendAccount},
    fault::Fault,
    ids::AccountId,
};
use serde_json::json;

use super::{check_account::CheckAccount, virtual_server::of_ours};
use crate::access::{AboutAccount, Access};

/// The reason that the panel shows when the undo suspends the account again: the switch lost the first
/// reason.
const STILL_SUSPENDED: &str = "suspended";

impl AboutAccount for UnsuspendAccount {
    fn account_id(&self) -> AccountId {
        self.account_id
    }
}

/// The steps in their order.
pub(crate) fn workflow(access: &Access) -> Workflow<UnsuspendAccount> {
    Workflow::new()
        .then(CheckAccount(access.clone()))
        .then(EnableVirtualServer(access.clone()))
        .then(RecordUnsuspension(access.clone()))
}

/// Switches it on. A repeat needs no look, as in `suspend_account`.
struct EnableVirtualServer(Access);

impl Step<UnsuspendAccount> for EnableVirtualServer {
    const NAME: &'static str = "enable-virtual-server";
    type Output = ();

    async fn run(&self, cx: &Context<'_, UnsuspendAccount>) -> Result<(), Fault> {
        let account = self.0.account(cx).await?;
        self.0.gateway.enable(cx.job, &account).await
    }

    async fn undo(&self, cx: &Context<'_, UnsuspendAccount>) -> Result<(), Fault> {
        let account = self.0.account(cx).await?;
        if account.status != AccountStatus::Suspended {
            return Ok(());
        }
        of_ours(self.0.gateway.disable(cx.job, &account, STILL_SUSPENDED).await)
    }
}

/// Moves the account to active.
struct RecordUnsuspension(Access);

impl Step<UnsuspendAccount> for RecordUnsuspension {
    const NAME: &'static str = "record-unsuspension";
    type Output = ();

    async fn run(&self, cx: &Context<'_, UnsuspendAccount>) -> Result<(), Fault> {
        self.0.record(cx, AccountEvent::Unsuspended, json!({})).await
    }

    async fn look(&self, cx: &Context<'_, UnsuspendAccount>) -> Result<Option<()>, Fault> {
        let status = self.0.account(cx).await?.status;
        Ok((status == AccountStatus::Active).then_some(()))
    }

    async fn undo(&self, cx: &Context<'_, UnsuspendAccount>) -> Result<(), Fault> {
        if cx.output::<CheckAccount>()? == AccountStatus::Active {
            return Ok(());
        }
        let detail = json!({ "reason": "the end of its suspension was undone" });
        self.0.record(cx, AccountEvent::Suspended, detail).await
    }
}
