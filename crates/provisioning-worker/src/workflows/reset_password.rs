//! `account.reset_password`: gives an account's user another password, generated or given by the caller.
//!
//! The new password waits sealed beside the old one until the host has it. If the job fails, the host gets the old one
//! again, also where the user has changed it meanwhile on the panel, of which we do not know.
//!
//! A virtual server that is switched off keeps its Unix user locked: Virtualmin only keeps the new password for the time
//! when it is on again (`feature-unix.pl` of 8.1.0, `modify_unix`). But `feature-mysql.pl` (`modify_mysql`) sets the
//! password of the database login at once, which opens what `disable_mysql` has locked. So that is refused.

use engine::{Context, Step, Workflow};
use model::{
    account::{Account, AccountStatus, ResetAccountPassword},
    fault::{Fault, FaultKind},
    password::{Place, Source},
};
use serde_json::json;

use super::virtual_server::of_ours;
use crate::{
    access::{AboutAccount, Access},
    events,
};

impl AboutAccount for ResetAccountPassword {
    fn account_id(&self) -> model::ids::AccountId {
        self.account_id
    }
}

/// The steps in their order.
pub(crate) fn workflow(access: &Access) -> Workflow<ResetAccountPassword> {
    Workflow::new()
        .then(ChoosePassword(access.clone()))
        .then(SetPassword(access.clone()))
        .then(TakeOverPassword(access.clone()))
}

/// Generates the new password if the caller gave none, and touches nothing outside. The choice of an earlier try stays.
struct ChoosePassword(Access);

impl Step<ResetAccountPassword> for ChoosePassword {
    const NAME: &'static str = "choose-password";
    /// Who chose it; never the password.
    type Output = Source;

    async fn run(&self, cx: &Context<'_, ResetAccountPassword>) -> Result<Source, Fault> {
        let (store, id) = (&self.0.store, cx.order.account_id);
        let account = self.0.account(cx).await?;
        if !matches!(account.status, AccountStatus::Active | AccountStatus::Suspended) {
            let status = account.status.as_str();
            let message = format!("the account is {status}: it has no user to log in");
            return Err(Fault::new(FaultKind::Refused, message));
        }
        // Looked at before anything is set, since what cannot be set cannot be undone either.
        if self.0.gateway.is_off_with_databases(&account).await? {
            let message = "it is switched off and has databases, whose login Virtualmin would open with the new password: \
                           unsuspend it first";
            return Err(Fault::new(FaultKind::Refused, message));
        }
        let source = if cx.order.given { Source::Given } else { Source::Generated };
        if store.reset_of_password(id, Place::Pending).await? == Some(cx.job.id) {
            return Ok(source);
        }
        if cx.order.given {
            let message =
                "the given password is forgotten, because the job had ended: ask for another reset";
            return Err(Fault::new(FaultKind::Refused, message));
        }
        let sealed = self.0.new_sealed_password(id);
        let tx = store.begin().await?;
        tx.set_pending_password(id, cx.job.id, &sealed, source).await?;
        tx.commit().await?;
        Ok(source)
    }

    async fn undo(&self, cx: &Context<'_, ResetAccountPassword>) -> Result<(), Fault> {
        let tx = self.0.store.begin().await?;
        tx.drop_pending_password(cx.order.account_id, cx.job.id).await?;
        Ok(tx.commit().await?)
    }
}

/// Sets the new password on the host. A repeat sets it again, which does no harm.
struct SetPassword(Access);

impl Step<ResetAccountPassword> for SetPassword {
    const NAME: &'static str = "set-password";
    type Output = ();

    async fn run(&self, cx: &Context<'_, ResetAccountPassword>) -> Result<(), Fault> {
        let account = self.0.account(cx).await?;
        self.0.gateway.set_password(cx.job, &account, Place::Pending).await
    }

    async fn undo(&self, cx: &Context<'_, ResetAccountPassword>) -> Result<(), Fault> {
        let account = self.0.account(cx).await?;
        of_ours(self.0.gateway.set_password(cx.job, &account, Place::Current).await)
    }
}

/// Makes the new password the account's own, with which a virtual server that is gone is made again, and tells of it.
struct TakeOverPassword(Access);

impl Step<ResetAccountPassword> for TakeOverPassword {
    const NAME: &'static str = "take-over-password";
    type Output = ();

    async fn run(&self, cx: &Context<'_, ResetAccountPassword>) -> Result<(), Fault> {
        let id = cx.order.account_id;
        let login = self.0.login(&self.0.account(cx).await?).await?;
        let tx = self.0.store.begin().await?;
        let account = locked(tx.lock_account(id).await?, cx)?;
        if !tx.take_over_password(id, cx.job.id).await? {
            return Err(Fault::internal(format!("account {id} has no password of this job")));
        }
        let detail = json!({ "source": cx.output::<ChoosePassword>()? });
        events::tell_of_password_reset(&tx, &cx.origin(), &account, login, detail).await?;
        Ok(tx.commit().await?)
    }

    async fn look(&self, cx: &Context<'_, ResetAccountPassword>) -> Result<Option<()>, Fault> {
        let reset = self.0.store.reset_of_password(cx.order.account_id, Place::Current).await?;
        Ok((reset == Some(cx.job.id)).then_some(()))
    }

    /// A published reset is followed by one more, because the user has another password again: the old one.
    async fn undo(&self, cx: &Context<'_, ResetAccountPassword>) -> Result<(), Fault> {
        let id = cx.order.account_id;
        let login = self.0.login(&self.0.account(cx).await?).await?;
        let tx = self.0.store.begin().await?;
        let account = locked(tx.lock_account(id).await?, cx)?;
        if !tx.give_back_password(id, cx.job.id).await? {
            return Ok(());
        }
        let detail = json!({ "reason": "its reset was undone" });
        events::tell_of_password_reset(&tx, &cx.origin(), &account, login, detail).await?;
        Ok(tx.commit().await?)
    }
}

fn locked(
    account: Option<Account>,
    cx: &Context<'_, ResetAccountPassword>,
) -> Result<Account, Fault> {
    account.ok_or_else(|| Fault::not_found("account", cx.order.account_id))
}
