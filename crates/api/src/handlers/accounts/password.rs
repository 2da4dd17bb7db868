//! The password of an account's user: a generated one is shown once, and a job sets another one.

use std::mem;

use contracts::provisioning::v1;
use model::{
    account::{Account, AccountStatus, ResetAccountPassword},
    fault::Fault,
    ids::{AccountId, JobId},
    job::{JobKind, NewJob},
    password::{Showing, Source},
    plan::Feature,
    secret::Secret,
};
use serde_json::json;
use store::{jobs::JobFilter, page::Page};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::named;
use crate::{
    caller::{Api, Caller},
    handlers::{jobs, refused},
    idempotency::{Intent, once},
    present, validation,
};

pub(crate) async fn reveal_account_password(
    api: Api,
    caller: Caller,
    request: v1::RevealAccountPasswordRequest,
) -> Result<v1::AccountPassword, Fault> {
    let id = named(&api, &caller, &request.id).await?;
    let mut shown = None;
    let intent = Intent {
        operation: "account.reveal_password",
        key: &request.request_id,
        request: &request,
    };
    // The answer kept for repeats is the account without its password.
    let account = once(&api, &caller, intent, async |tx| {
        let account = tx.named_account(id).await?;
        let account = account.filter(|it| it.account.tenant_id == caller.tenant_id);
        let account = account.ok_or_else(|| Fault::not_found("account", id))?;
        refuse_without_user(&account.account)?;
        if let Some(job) = unfinished_reset(&api, &caller, id).await? {
            return Err(refused(format!(
                "the password is being reset by job {job}; show the new one once that has completed"
            )));
        }
        let Some(sealed) = tx.show_password(id).await? else {
            return Err(hidden(api.store.password_showing(id).await?));
        };
        shown = Some(open(&api, id, &sealed)?);
        let target = id.target();
        let action = "account.reveal_password";
        tx.audit(caller.tenant_id, &caller.origin(), action, &target, json!({})).await?;
        Ok(present::account(&account))
    })
    .await?;
    let Some(password) = shown else {
        return Err(refused(
            "the password was shown under this request_id already; if it is lost, ResetAccountPassword generates \
             another",
        ));
    };
    Ok(v1::AccountPassword { account: Some(account), password: password.expose().to_owned() })
}

/// Why a password may not be shown, with the remedy.
fn hidden(showing: Option<Showing>) -> Fault {
    let another = "ResetAccountPassword generates another one";
    let at = |moment: OffsetDateTime| moment.format(&Rfc3339).unwrap_or_default();
    refused(match showing {
        None => format!("the account has no password of ours; {another}"),
        Some(Showing { source: Source::Given, .. }) => {
            format!("the password was given and not generated, so it is never shown; {another}")
        }
        Some(Showing { shown_at: Some(moment), .. }) => {
            format!("the password was already shown at {}; {another}", at(moment))
        }
        Some(Showing { until: Some(moment), .. }) => {
            format!("the time to show the password expired at {}; {another}", at(moment))
        }
        Some(Showing { until: None, .. }) => {
            "the host does not have the password yet; wait for the account's job".to_owned()
        }
    })
}

fn open(api: &Api, id: AccountId, sealed: &[u8]) -> Result<Secret, Fault> {
    let context = id.password_context();
    let problem = |it: String| Fault::internal(format!("{context}: {it}"));
    let mut opened = api.keyring.open(&context, sealed).map_err(|it| problem(it.to_string()))?;
    let text = String::from_utf8(mem::take(&mut *opened));
    text.map(Secret::from).map_err(|_| problem("not text".to_owned()))
}

pub(crate) async fn reset_account_password(
    api: Api,
    caller: Caller,
    mut request: v1::ResetAccountPasswordRequest,
) -> Result<v1::Job, Fault> {
    let given = Secret::from(mem::take(&mut request.password));
    let id = named(&api, &caller, &request.id).await?;
    let given = validation::new_password(given)?;
    let sealed = given.map(|it| api.keyring.seal(&id.password_context(), it.expose().as_bytes()));
    let order = ResetAccountPassword { account_id: id, given: sealed.is_some() };
    let intent =
        Intent { operation: "account.reset_password", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        let account = tx.lock_with_service(id).await?;
        let account = account.filter(|it| it.tenant_id == caller.tenant_id);
        let account = account.ok_or_else(|| Fault::not_found("account", id))?;
        refuse_without_user(&account)?;
        if account.status == AccountStatus::Suspended
            && account.terms.features.contains(&Feature::Mysql)
        {
            return Err(refused(
                "the account is suspended and has databases; unsuspend it first, because Virtualmin would open the \
                 login of its databases with the new password",
            ));
        }
        if let Some(job) = unfinished_reset(&api, &caller, id).await? {
            return Err(refused(format!(
                "the password is being reset by job {job}; wait until that has ended, or cancel it"
            )));
        }
        let job = NewJob::of(caller.tenant_id, &order, caller.origin())
            .holding(account.server_id.mutation_slot());
        if let Some(sealed) = &sealed {
            tx.set_pending_password(id, job.id, sealed, Source::Given).await?;
        }
        jobs::file(&api, tx, &caller, "account.reset_password", &job, account.domain.as_str()).await
    })
    .await
}

/// Refuses an account whose user does not exist.
fn refuse_without_user(account: &Account) -> Result<(), Fault> {
    match account.status {
        AccountStatus::Active | AccountStatus::Suspended => Ok(()),
        AccountStatus::Pending => {
            Err(refused("the account is still being made; wait until it is active"))
        }
        AccountStatus::Terminated | AccountStatus::Failed => {
            let status = account.status.as_str();
            Err(refused(format!("the account is {status}: it has no user to log in")))
        }
    }
}

/// The job that resets the account's password now.
async fn unfinished_reset(
    api: &Api,
    caller: &Caller,
    account: AccountId,
) -> Result<Option<JobId>, Fault> {
    let filter = JobFilter {
        kind: Some(JobKind::AccountResetPassword),
        target: Some(account.target()),
        ..JobFilter::default()
    };
    let newest = api.store.jobs(caller.tenant_id, &filter, Page { size: 1, after: None }).await?;
    Ok(newest.first().filter(|it| !it.status.is_final()).map(|it| it.id))
}
