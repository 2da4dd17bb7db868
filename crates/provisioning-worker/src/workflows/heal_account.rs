//! `account.heal`: brings a virtual server back to the account's row after somebody deleted, switched or
//! resized it by hand.
//!
//! The row is the wanted state and is not touched. Nothing is undone either: a half-healed virtual server is
//! nearer to the row than before, a recreated one may already hold a customer's files, and the next sweep
//! finds the rest.

use engine::{Context, Step, Workflow};
use model::{
    account::{Account, AccountStatus, HealAccount},
    fault::{Fault, FaultKind},
    ids::AccountId,
};
use panels::Presence;
use serde::{Deserialize, Serialize};

use crate::access::{AboutAccount, Access};

/// The reason that the panel shows for a suspended account: the switch lost the first reason.
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

/// Finds out whether there is something to heal; touches nothing.
struct FindVirtualServer(Access);

/// The result of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Found {
    /// The account has ended or is not yet made: there is nothing to heal.
    NotWanted,
    /// The virtual server is gone.
    Absent,
    /// The virtual server exists and is ours.
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

/// Creates a virtual server that was gone, under the account's own user name and password.
struct RecreateVirtualServer(Access);

impl Step<HealAccount> for RecreateVirtualServer {
    const NAME: &'static str = "recreate-virtual-server";
    type Output = ();

    async fn run(&self, cx: &Context<'_, HealAccount>) -> Result<(), Fault> {
        let account = self.0.account(cx).await?;
        if cx.output::<FindVirtualServer>()? != Found::Absent || !is_wanted(&account) {
            return Ok(());
        }
        self.0.gateway.create(cx.job, &account).await.map(drop)
    }

    /// An existing virtual server comes from an earlier try, which may have ended before it set the
    /// protection. So the gateway is called all the same, and completes the creation.
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

/// Switches it on or off as the row says. A repeat needs no look: the gateway leaves a virtual server in the
/// right state as it is, and only sets the panel's protection again.
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

/// Sets the quota of the account's plan if the order says so. A repeat does no harm.
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

/// Whether the row wants a virtual server that exists already.
fn is_wanted(account: &Account) -> bool {
    matches!(account.status, AccountStatus::Active | AccountStatus::Suspended)
}

fn foreign(account: &Account) -> Fault {
    let message =
        format!("{} is on the server, and not ours: a person has to look", account.domain);
    Fault::new(FaultKind::Conflict, message)
}
