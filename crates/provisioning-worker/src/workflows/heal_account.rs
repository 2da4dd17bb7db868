//! `account.heal`: a virtual server that someone deleted, switched or gave another quota by hand is again as the
//! account's row says.
//!
//! The row is what is wanted and is not touched. Nothing is undone either: half healed is nearer to the row than
//! not at all, what was made may hold a customer's files by then, and the next sweep finds what is left to do.

use engine::{Context, Step, Workflow};
use model::{
    account::{Account, AccountStatus, HealAccount},
    fault::{Fault, FaultKind},
    ids::AccountId,
};
use panels::Presence;
use serde::{Deserialize, Serialize};

use crate::access::{AboutAccount, Access};

/// Shown on the panel for an account that is suspended: the first reason was lost with the switch.
const STILL_SUSPENDED: &str = "suspended";

impl AboutAccount for HealAccount {
    fn account_id(&self) -> AccountId {
        self.account_id
    }
}

/// The steps in their order.
pub(crate) fn workflow(access: &Access) -> Workflow<HealAccount> {
    Workflow::new()
        .then(FindVirtualServer(access.clone()))
        .then(RecreateVirtualServer(access.clone()))
        .then(SwitchVirtualServer(access.clone()))
        .then(SetQuota(access.clone()))
}

/// Whether there is something to heal; touches nothing.
struct FindVirtualServer(Access);

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Found {
    /// The account has ended or is not made yet: there is nothing to heal.
    NotWanted,
    /// It is gone.
    Absent,
    /// It is there, and ours.
    Present,
}

impl Step<HealAccount> for FindVirtualServer {
    const NAME: &'static str = "find-virtual-server";
    type Output = Found;

    async fn run(&self, cx: &Context<'_, HealAccount>) -> Result<Found, Fault> {
        let account = self.0.account(cx).await?;
        if !is_wanted(&account) {
            return Ok(Found::NotWanted);
        }
        match self.0.gateway.find(&account).await? {
            Presence::Absent => Ok(Found::Absent),
            Presence::Ours => Ok(Found::Present),
            Presence::Foreign => Err(foreign(&account)),
        }
    }
}

/// Creates one that was gone, under the identity that the account has always had.
struct RecreateVirtualServer(Access);

impl Step<HealAccount> for RecreateVirtualServer {
    const NAME: &'static str = "recreate-virtual-server";
    type Output = ();

    async fn run(&self, cx: &Context<'_, HealAccount>) -> Result<(), Fault> {
        let account = self.0.account(cx).await?;
        if cx.output::<FindVirtualServer>()? != Found::Absent || !is_wanted(&account) {
            return Ok(());
        }
        self.0.gateway.create(cx.job, &account).await
    }

    /// One that is there was made by an earlier try, which may not have come to protect it: the gateway is
    /// asked all the same, and completes it.
    async fn look(&self, cx: &Context<'_, HealAccount>) -> Result<Option<()>, Fault> {
        if cx.output::<FindVirtualServer>()? != Found::Absent {
            return Ok(Some(()));
        }
        let account = self.0.account(cx).await?;
        match self.0.gateway.find(&account).await? {
            Presence::Absent => Ok(None),
            Presence::Ours => self.run(cx).await.map(Some),
            Presence::Foreign => Err(foreign(&account)),
        }
    }
}

/// Switches it as the row says. A repeat needs no look of its own: the gateway leaves one that is so already
/// as it is, but for the panel's protection, which it puts back.
struct SwitchVirtualServer(Access);

impl Step<HealAccount> for SwitchVirtualServer {
    const NAME: &'static str = "switch-virtual-server";
    type Output = ();

    async fn run(&self, cx: &Context<'_, HealAccount>) -> Result<(), Fault> {
        let account = self.0.account(cx).await?;
        match account.status {
            AccountStatus::Active => self.0.gateway.enable(cx.job, &account).await,
            AccountStatus::Suspended => {
                self.0.gateway.disable(cx.job, &account, STILL_SUSPENDED).await
            }
            AccountStatus::Pending | AccountStatus::Terminated | AccountStatus::Failed => Ok(()),
        }
    }
}

/// Sets the quota as the account's plan has it, where that was asked for. A repeat does no harm.
struct SetQuota(Access);

impl Step<HealAccount> for SetQuota {
    const NAME: &'static str = "set-quota";
    type Output = ();

    async fn run(&self, cx: &Context<'_, HealAccount>) -> Result<(), Fault> {
        let account = self.0.account(cx).await?;
        if !cx.order.terms || !is_wanted(&account) {
            return Ok(());
        }
        self.0.gateway.set_quota(cx.job, &account).await
    }
}

/// Whether the row wants a virtual server that was made already.
fn is_wanted(account: &Account) -> bool {
    matches!(account.status, AccountStatus::Active | AccountStatus::Suspended)
}

fn foreign(account: &Account) -> Fault {
    let message =
        format!("{} is on the server, and not ours: a person has to look", account.domain);
    Fault::new(FaultKind::Conflict, message)
}
