//! Handlers of accounts: get, list, protect from termination, and show or reset the password.

use contracts::provisioning::v1;
use model::{account::AccountStatus, fault::Fault, ids::AccountId};
use serde_json::json;

use crate::{
    caller::{Api, Caller},
    idempotency::{Intent, once},
    names, present, validation,
};

mod password;

pub(crate) use password::*;

pub(crate) async fn get_account(
    api: Api,
    caller: Caller,
    request: v1::GetAccountRequest,
) -> Result<v1::Account, Fault> {
    let id = named(&api, &caller, &request.id).await?;
    let account = api.store.named_account(caller.tenant_id, id).await?;
    Ok(present::account(&account.ok_or_else(|| Fault::not_found("account", id))?))
}

async fn named(api: &Api, caller: &Caller, text: &str) -> Result<AccountId, Fault> {
    let id = names::account(api, caller, "id", text).await?;
    id.ok_or_else(|| Fault::not_found("account", text))
}

pub(crate) async fn list_accounts(
    api: Api,
    caller: Caller,
    request: v1::ListAccountsRequest,
) -> Result<v1::ListAccountsResponse, Fault> {
    let page = validation::page(request.page_size, &request.page_token)?;
    let status = validation::choice(&request.status, &AccountStatus::ALL, AccountStatus::as_str)
        .map_err(|problem| Fault::invalid("status", problem))?;
    let accounts = api.store.accounts(caller.tenant_id, status, page).await?;
    Ok(v1::ListAccountsResponse {
        next_page_token: validation::next_page_token(page, &accounts, |it| it.account.id.uuid()),
        accounts: accounts.iter().map(present::account).collect(),
    })
}

pub(crate) async fn set_account_protection(
    api: Api,
    caller: Caller,
    request: v1::SetAccountProtectionRequest,
) -> Result<v1::Account, Fault> {
    let id = named(&api, &caller, &request.id).await?;
    let intent =
        Intent { operation: "account.protect", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        let not_found = || Fault::not_found("account", id);
        let before = tx
            .lock_account(id)
            .await?
            .filter(|it| it.tenant_id == caller.tenant_id)
            .ok_or_else(not_found)?;
        if before.protected != request.protected {
            tx.set_protection(id, request.protected).await?;
            let detail = json!({ "protected": request.protected });
            let target = id.target();
            tx.audit(caller.tenant_id, &caller.origin(), "account.protect", &target, detail)
                .await?;
        }
        // Reads the account again, because the database sets the time of the change.
        Ok(present::account(&tx.named_account(id).await?.ok_or_else(not_found)?))
    })
    .await
}
