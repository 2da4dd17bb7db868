//! The step that creates an account's virtual server, under the next user name where the host has the first already.

use engine::{Context, Step};
use model::{
    account::{Account, ProvisionAccount},
    drift::Seen,
    fault::{Fault, FaultKind, FaultReason},
    username::Username,
};
use panels::Presence;

use super::taken_meanwhile::taken_meanwhile;
use crate::{access::Access, workflows::virtual_server::of_ours};

/// The user names that are tried on the host in one run of the step.
const MAX_NAMES: usize = 20;

/// Creates the virtual server with our mark.
pub(super) struct CreateVirtualServer(pub(super) Access);

impl Step<ProvisionAccount> for CreateVirtualServer {
    const NAME: &'static str = "create-virtual-server";
    type Output = ();

    /// The host may have a user that no account of ours has, such as a person's. Each name that it refuses is
    /// replaced in the account's row before the next is tried, so that a repeat goes on with that one.
    async fn run(&self, cx: &Context<'_, ProvisionAccount>) -> Result<(), Fault> {
        let mut account = self.0.account(cx).await?;
        let mut refused = Vec::new();
        loop {
            let fault = match self.0.gateway.create(cx.job, &account).await {
                Err(fault) if fault.reason == Some(FaultReason::UsernameTaken) => fault,
                result => return self.learn(&account, &result?).await,
            };
            refused.extend(account.username.as_ref().map(ToString::to_string));
            if refused.len() == MAX_NAMES {
                return Err(all_taken(&refused, &fault));
            }
            account = self.rename(account, fault).await?;
        }
    }

    /// A virtual server with our mark comes from an earlier try, which may have ended before it set the
    /// protection. So the gateway is called all the same, and completes the creation.
    async fn look(&self, cx: &Context<'_, ProvisionAccount>) -> Result<Option<()>, Fault> {
        let account = self.0.account(cx).await?;
        match self.0.gateway.find(&account).await? {
            Presence::Absent => Ok(None),
            Presence::Ours => self.run(cx).await.map(Some),
            Presence::Foreign => Err(Fault::new(
                FaultKind::Conflict,
                format!("{} is on the server already, and not ours", account.domain),
            )),
        }
    }

    async fn undo(&self, cx: &Context<'_, ProvisionAccount>) -> Result<(), Fault> {
        let account = self.0.account(cx).await?;
        of_ours(self.0.gateway.delete(cx.job, &account).await)
    }
}

impl CreateVirtualServer {
    /// Keeps in the server's row whether the host keeps quotas, as the new virtual server shows it.
    ///
    /// A host without virtual servers does not show it, and the next account may need them.
    async fn learn(&self, account: &Account, made: &Seen) -> Result<(), Fault> {
        let tx = self.0.store.begin().await?;
        tx.set_keeps_quotas(account.server_id, made.quota_kib.is_some()).await?;
        Ok(tx.commit().await?)
    }

    /// Gives the account the next user name that no other account on the server has.
    async fn rename(&self, account: Account, refusal: Fault) -> Result<Account, Fault> {
        let store = &self.0.store;
        let Some(from) = &account.username else { return Err(refusal) };
        let stem = Username::stem(&account.domain);
        let taken = store.usernames_with_prefix(account.server_id, &stem).await?;
        let Some(to) = from.next(&account.domain, |it| taken.contains(it)) else {
            return Err(refusal);
        };
        let tx = store.begin().await?;
        let renamed = tx.rename_user(account.id, from, &to).await;
        if !renamed.map_err(|error| taken_meanwhile(error, &account))? {
            return Err(Fault::new(FaultKind::Busy, "the account has just changed: look again"));
        }
        tx.commit().await?;
        Ok(Account { username: Some(to), ..account })
    }
}

/// The fault after the last name, with the panel's own words about it.
fn all_taken(refused: &[String], last: &Fault) -> Fault {
    let names = refused.join(", ");
    let message = format!(
        "the server has users or groups of these names already: {names} ({last}); remove those that nobody needs, and \
         retry the job"
    );
    Fault::new(FaultKind::Conflict, message).with_reason(FaultReason::UsernameTaken)
}
