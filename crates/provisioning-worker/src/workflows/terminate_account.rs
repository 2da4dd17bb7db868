//! `account.terminate`: DNS is withdrawn, the virtual server deleted, and the account says so.
//!
//! The deletion comes as late as it can, since nothing brings it back: before it everything is undone as usual; after it
//! only the row is left to write. Should the job fail even there, the undo of the deletion writes the row, so that
//! it tells the truth, and then calls a person.

use engine::{ChildStep, Context, Step, Workflow};
use model::{
    account::{Account, AccountEvent, AccountStatus, TerminateAccount},
    fault::{Fault, FaultKind},
    job::NewJob,
};
use panels::Presence;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::zone;
use crate::access::Access;

/// The steps in their order.
pub(crate) fn workflow(access: &Access) -> Workflow<TerminateAccount> {
    Workflow::new()
        .then(CheckProtection(access.clone()))
        .then(UnwantZone(access.clone()))
        .then_child(WithdrawDns(access.clone()))
        .then(DeleteVirtualServer(access.clone()))
        .then(RecordTermination(access.clone()))
}

/// Refuses what may not be removed; touches nothing. An account of which nothing is left passes: there is
/// nothing to do, and that is what was wanted.
struct CheckProtection(Access);

/// How it stood before.
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

/// One that is gone may be protected: there is nothing left to lose.
fn refuse_protected(account: &Account) -> Result<(), Fault> {
    if account.protected && account.status.is_live() {
        let message = "the account is protected: take its protection off first";
        return Err(Fault::new(FaultKind::Refused, message));
    }
    Ok(())
}

/// Writes down that the zone is to go. A step of its own, so that a zone whose withdrawal failed, and so has
/// put itself back, is wanted again too.
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

/// Wants the zone again if it was wanted before and the account still stands; whether that is so.
async fn want_again(access: &Access, cx: &Context<'_, TerminateAccount>) -> Result<bool, Fault> {
    let account = access.account(cx).await?;
    let wanted = cx.output::<CheckProtection>()?.zone_wanted && account.status.is_live();
    if wanted {
        zone::want_again(&access.store, account.id).await?;
    }
    Ok(wanted)
}

/// Has the DNS manager withdraw the zone.
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

/// Deletes the virtual server with all that is in it.
struct DeleteVirtualServer(Access);

impl Step<TerminateAccount> for DeleteVirtualServer {
    const NAME: &'static str = "delete-virtual-server";
    type Output = ();

    async fn run(&self, cx: &Context<'_, TerminateAccount>) -> Result<(), Fault> {
        let account = self.0.account(cx).await?;
        if !account.status.is_live() {
            return Ok(());
        }
        // A person may have protected it since the first step.
        refuse_protected(&account)?;
        self.0.gateway.delete(cx.job, &account).await
    }

    async fn look(&self, cx: &Context<'_, TerminateAccount>) -> Result<Option<()>, Fault> {
        let account = self.0.account(cx).await?;
        Ok((self.0.gateway.find(&account).await? == Presence::Absent).then_some(()))
    }

    /// There is something to undo only where it is gone, and then it cannot be undone. The row is made to say
    /// so before a person is called; when the person tries again, there is no lie left to mend.
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

/// Moves the account to terminated. It stays so: what is gone is gone.
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
