//! The step that chooses an account's user name and its password if none was given, and reserves the place of a failed account
//! again.

use engine::{Context, Step};
use model::{
    account::{Account, AccountEvent, AccountStatus, ProvisionAccount},
    fault::{Fault, FaultKind},
    password::Source,
    service::{ServiceEvent, ServiceStatus},
    username::Username,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Tx;

use super::taken_meanwhile::taken_meanwhile;
use crate::{access::Access, events};

/// Chooses a user name and, if the caller gave none, a password, and touches nothing outside. The choice of an earlier
/// try stays.
pub(super) struct ChooseIdentity(pub(super) Access);

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Identity {
    username: Username,
}

impl Step<ProvisionAccount> for ChooseIdentity {
    const NAME: &'static str = "choose-identity";
    type Output = Identity;

    async fn run(&self, cx: &Context<'_, ProvisionAccount>) -> Result<Identity, Fault> {
        let store = &self.0.store;
        let account = self.0.account(cx).await?;
        if let Some(identity) = chosen(&account) {
            return Ok(identity);
        }
        let stem = Username::stem(&account.domain);
        let taken = store.usernames_with_prefix(account.server_id, &stem).await?;
        let username = Username::derive(&account.domain, |it| taken.contains(it))
            .map_err(|error| Fault::new(FaultKind::Conflict, error.to_string()))?;
        let password = self.0.new_sealed_password(account.id);
        let tx = store.begin().await?;
        match account.status {
            AccountStatus::Pending => {
                let set = tx.set_username(account.id, &username).await;
                set.map_err(|error| taken_meanwhile(error, &account))?;
                tx.set_password(account.id, &password, Source::Generated).await?;
            }
            AccountStatus::Failed => {
                self.retry(&tx, cx, &account, &username, &password).await?;
            }
            status => {
                let message = format!("the account is {}: it is made already", status.as_str());
                return Err(Fault::new(FaultKind::Refused, message));
            }
        }
        tx.commit().await?;
        Ok(Identity { username })
    }

    async fn look(&self, cx: &Context<'_, ProvisionAccount>) -> Result<Option<Identity>, Fault> {
        Ok(chosen(&self.0.account(cx).await?))
    }

    /// Makes the account failed: that frees its place, and its service may be activated again.
    async fn undo(&self, cx: &Context<'_, ProvisionAccount>) -> Result<(), Fault> {
        let account = self.0.account(cx).await?;
        let tx = self.0.store.begin().await?;
        let service = tx.lock_service(account.service_id).await?;
        let (from, to) = (AccountStatus::Pending, AccountStatus::Failed);
        if !tx.set_account_status(account.id, from, to).await? {
            return Ok(());
        }
        // A service that was terminated meanwhile stays terminated.
        if let Some(service) = service
            && let Some(created) = service.status.after(ServiceEvent::Reset)
        {
            tx.set_service_status(service.id, service.status, created).await?;
        }
        let account = Account { status: to, ..account };
        let reason = cx.job.fault.as_ref().map(|it| it.message.as_str());
        let (origin, event) = (cx.origin(), AccountEvent::Failed);
        let detail = json!({ "reason": reason });
        events::tell_of_account(&tx, &origin, &account, event, None, detail).await?;
        Ok(tx.commit().await?)
    }
}

impl ChooseIdentity {
    /// Reserves the place of a failed account again, under a free user name. The database checks that server,
    /// domain and service still have room for it.
    async fn retry(
        &self,
        tx: &Tx,
        cx: &Context<'_, ProvisionAccount>,
        account: &Account,
        username: &Username,
        password: &[u8],
    ) -> Result<(), Fault> {
        let service = tx.lock_service(account.service_id).await?;
        let service = service.ok_or_else(|| Fault::not_found("service", account.service_id))?;
        match service.status.after(ServiceEvent::Activate) {
            Some(to) => {
                tx.set_service_status(service.id, service.status, to).await?;
            }
            None if service.status == ServiceStatus::Active => {}
            None => {
                let status = service.status.as_str();
                let message = format!("the service is {status}: it wants no account now");
                return Err(Fault::new(FaultKind::Refused, message));
            }
        }
        // The old name of a failed account is not reserved, so the new one is set before the account is
        // pending again.
        tx.set_username(account.id, username).await?;
        tx.set_password(account.id, password, Source::Generated).await?;
        let event = AccountEvent::Retried;
        let to = event.status();
        let moved = tx.set_account_status(account.id, account.status, to).await;
        if !moved.map_err(|error| taken_meanwhile(error, account))? {
            return Err(Fault::new(FaultKind::Busy, "the account has just changed: look again"));
        }
        let account = Account { status: to, username: Some(username.clone()), ..account.clone() };
        events::tell_of_account(tx, &cx.origin(), &account, event, None, json!({})).await?;
        Ok(())
    }
}

/// The choice of an earlier try, for a pending account.
fn chosen(account: &Account) -> Option<Identity> {
    let username = account.username.clone()?;
    (account.status == AccountStatus::Pending).then_some(Identity { username })
}
