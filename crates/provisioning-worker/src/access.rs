//! The access of every step to the rows, the gateway, the websites, and the keys that seal passwords.

use std::sync::Arc;

use chassis::seal::Keyring;
use engine::Context;
use model::{
    account::{Account, AccountEvent},
    fault::{Fault, FaultKind},
    ids::AccountId,
    job::Order,
    login::Login,
};
use panels::Virtualmin;
use serde_json::Value;
use store::Store;

use crate::{events, password, sites::Sites};

/// The store, the gateway, the websites and the keys. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) store: Store,
    pub(crate) gateway: Virtualmin,
    /// Asks the websites of accounts.
    pub(crate) sites: Sites,
    keyring: Arc<Keyring>,
}

/// An order about one account.
pub(crate) trait AboutAccount: Order {
    fn account_id(&self) -> AccountId;
}

impl Access {
    pub(crate) fn new(
        store: Store,
        keyring: Arc<Keyring>,
        gateway: Virtualmin,
        sites: Sites,
    ) -> Self {
        Self { store, gateway, sites, keyring }
    }

    /// The current row of the job's account.
    pub(crate) async fn account<O: AboutAccount>(
        &self,
        cx: &Context<'_, O>,
    ) -> Result<Account, Fault> {
        let id = cx.order.account_id();
        let account = self.store.account(cx.job.tenant_id, id).await?;
        account.ok_or_else(|| Fault::not_found("account", id))
    }

    /// A new password for an account, sealed at once, so that no person sees it in the clear.
    pub(crate) fn new_sealed_password(&self, account: AccountId) -> Vec<u8> {
        self.keyring.seal(&account.password_context(), password::generate().expose().as_bytes())
    }

    /// Moves the account to the status after `event`, with the audit row and the public event, in one
    /// transaction. An account that already has that status is left as it is.
    ///
    /// # Errors
    ///
    /// `Conflict` if the account's status does not allow it; faults of the database.
    pub(crate) async fn record<O: AboutAccount>(
        &self,
        cx: &Context<'_, O>,
        event: AccountEvent,
        detail: Value,
    ) -> Result<(), Fault> {
        let id = cx.order.account_id();
        let tx = self.store.begin().await?;
        let account = tx.lock_account(id).await?;
        let account = account.ok_or_else(|| Fault::not_found("account", id))?;
        let (from, to) = (account.status, event.status());
        if from == to {
            return Ok(());
        }
        if from.after(event) != Some(to) || !tx.set_account_status(id, from, to).await? {
            let (from, to) = (from.as_str(), to.as_str());
            let message = format!("the account is {from} and cannot become {to}");
            return Err(Fault::new(FaultKind::Conflict, message));
        }
        let login = match event {
            AccountEvent::Provisioned => {
                tx.let_password_be_shown(id).await?;
                self.login(&account).await?
            }
            AccountEvent::Terminated => {
                tx.forget_passwords(id).await?;
                None
            }
            _ => None,
        };
        let account = Account { status: to, ..account };
        events::tell_of_account(&tx, &cx.origin(), &account, event, login, detail).await?;
        Ok(tx.commit().await?)
    }

    /// Where the account's user logs in; `None` if its server has no panel.
    pub(crate) async fn login(&self, account: &Account) -> Result<Option<Login>, Fault> {
        let server = self.store.server_by_id(account.server_id).await?;
        Ok(server.and_then(|it| it.url).as_deref().and_then(Login::on))
    }
}
