//! `account.terminate`: withdraws DNS, deletes the virtual server, and makes the account terminated.
//!
//! The deletion comes as late as possible, because it cannot be undone. A failure before it is undone as
//! usual; after it only the row is left to write. If the job fails even there, the undo of the deletion
//! writes the row, so that it is true, and then leaves the job to a person.

use engine::{ChildStep, Context, Step, Workflow};
use model::{
    account::{Account, AccountEvent, AccountStatus, TerminateAccount},
    fault::{Fault, FaultKind},
    ids::AccountId,
    job::NewJob,
};
use panels::Presence;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::zone;
use crate::access::{AboutAccount, Access};

impl AboutAccount for TerminateAccount {
    fn account_id(&self) -> AccountId {
        self.account_id
    }
}

/// The steps in their order.
pub(crate) fn workflow(access: &Access) -> Workflow<TerminateAccount> {
    Workflow::new()
        .then(CheckProtection(access.clone()))
        .then(UnwantZone(access.clone()))
        .then_child(WithdrawDns(access.clone()))
        .then(DeleteVirtualServer(access.clone()))
        .then(RecordTermination(access.clone()))
}

/// Refuses a protected account; touches nothing. An account with nothing left outside passes, because there
/// is nothing to do.
struct CheckProtection(Access);

/// The state before the job.
#[derive(Debug, Serialize, Deserialize)]
struct Before {
    zone_wanted: bool,
}

impl Step<TerminateAccount> for CheckProtection {
    const NAME: &'static str = "check-protection";
    type Output = Before;

    async fn run(&self, cx: &Context<'_, TerminateAccount>) -> Result<Before, Fault> {
        let account = self.0.account(cx).await?;
        refuse_protected(&account)?;
        if account.status == AccountStatus::Pending {
            let message = "the account is pending: it is still being made";
            return Err(Fault::new(FaultKind::Refused, message));
        }
        Ok(Before { zone_wanted: zone::is_wanted(&self.0.store, account.id).await? })
    }
}

/// An account that is gone may be protected: there is nothing left to lose.
fn refuse_protected(account: &Account) -> Result<(), Fault> {
    if account.protected && account.status.is_live() {
        let message = "the account is protected: take its protection off first";
        return Err(Fault::new(FaultKind::Refused, message));
    }
    Ok(())
}

/// Writes to the rows that the zone is no longer wanted. This is a step of its own, so that after a failed
/// withdrawal, which undoes itself, the zone is wanted again too.
struct UnwantZone(Access);

impl Step<TerminateAccount> for UnwantZone {
    const NAME: &'static str = "unwant-zone";
    type Output = ();

    async fn run(&self, cx: &Context<'_, TerminateAccount>) -> Result<(), Fault> {
        zone::unwant(&self.0.store, cx.order.account_id).await
    }

    async fn look(&self, cx: &Context<'_, TerminateAccount>) -> Result<Option<()>, Fault> {
        Ok((!zone::is_wanted(&self.0.store, cx.order.account_id).await?).then_some(()))
    }

    async fn undo(&self, cx: &Context<'_, TerminateAccount>) -> Result<(), Fault> {
        want_again(&self.0, cx).await.map(drop)
    }
}

/// Wants the zone again if it was wanted before and the account is still live; returns whether it did.
async fn want_again(access: &Access, cx: &Context<'_, TerminateAccount>) -> Result<bool, Fault> {
    let account = access.account(cx).await?;
    let wanted = cx.output::<CheckProtection>()?.zone_wanted && account.status.is_live();
    if wanted {
        zone::want_again(&access.store, account.id).await?;
    }
    Ok(wanted)
}

/// Files the DNS manager's job that withdraws the zone.
struct WithdrawDns(Access);

impl ChildStep<TerminateAccount> for WithdrawDns {
    const NAME: &'static str = "withdraw-dns";

    async fn job(&self, cx: &Context<'_, TerminateAccount>) -> Result<Option<NewJob>, Fault> {
        zone::apply(&self.0.store, cx, cx.order.account_id).await
    }

    async fn undo_job(&self, cx: &Context<'_, TerminateAccount>) -> Result<Option<NewJob>, Fault> {
        match want_again(&self.0, cx).await? {
            true => zone::apply(&self.0.store, cx, cx.order.account_id).await,
            false => Ok(None),
        }
    }
}

/// Deletes the virtual server with everything in it.
struct DeleteVirtualServer(Access);

impl Step<TerminateAccount> for DeleteVirtualServer {
    const NAME: &'static str = "delete-virtual-server";
    type Output = ();

    async fn run(&self, cx: &Context<'_, TerminateAccount>) -> Result<(), Fault> {
        let account = self.0.account(cx).await?;
        if !account.status.is_live() {
            return Ok(());
        }
        // A person may have protected the account since the first step.
        refuse_protected(&account)?;
        self.0.gateway.delete(cx.job, &account).await
    }

    async fn look(&self, cx: &Context<'_, TerminateAccount>) -> Result<Option<()>, Fault> {
        let account = self.0.account(cx).await?;
        Ok((self.0.gateway.find(&account).await? == Presence::Absent).then_some(()))
    }

    /// A virtual server that is gone cannot be brought back. The undo records that in the row before it
    /// leaves the job to a person. If the person retries, the row is already true.
    async fn undo(&self, cx: &Context<'_, TerminateAccount>) -> Result<(), Fault> {
        let account = self.0.account(cx).await?;
        if !account.status.is_live() || self.0.gateway.find(&account).await? != Presence::Absent {
            return Ok(());
        }
        let detail = json!({ "reason": "its virtual server was gone when the job failed" });
        let outlook = match self.0.record(cx, AccountEvent::Terminated, detail).await {
            Ok(()) => "the account is recorded as terminated",
            Err(fault) if fault.kind.is_transient() => return Err(fault),
            Err(_) => "the account could not be recorded as terminated: take its protection off",
        };
        let domain = account.domain;
        Err(Fault::new(
            FaultKind::Refused,
            format!(
                "deletion is not reversible; the virtual server of {domain} is gone, and {outlook}"
            ),
        ))
    }
}

/// Makes the account terminated. There is no undo, because the virtual server is gone.
struct RecordTermination(Access);

impl Step<TerminateAccount> for RecordTermination {
    const NAME: &'static str = "record-termination";
    type Output = ();

    async fn run(&self, cx: &Context<'_, TerminateAccount>) -> Result<(), Fault> {
        if self.0.account(cx).await?.status == AccountStatus::Failed {
            return Ok(());
        }
        self.0.record(cx, AccountEvent::Terminated, json!({})).await
    }

    async fn look(&self, cx: &Context<'_, TerminateAccount>) -> Result<Option<()>, Fault> {
        Ok((self.0.account(cx).await?.status == AccountStatus::Terminated).then_some(()))
    }
}
