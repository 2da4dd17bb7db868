//! Activation: judges whether the tenant may have the domain, chooses a server, inserts the account and files its job, in one transaction.

use std::mem;

use contracts::provisioning::v1;
use model::{
    account::{Account, ProvisionAccount},
    fault::{Fault, FaultKind, FaultReason},
    ids::AccountId,
    job::NewJob,
    password::Source,
    placement::{self, usable},
    plan::Plan,
    secret::Secret,
    service::{Service, ServiceEvent, ServiceStatus},
};
use serde_json::json;
use store::{Tx, accounts::NamedAccount, services::NamedService};

use super::{claim, find, lock};
use crate::{
    caller::{Api, Caller},
    handlers::refused,
    idempotency::{Intent, once},
    present, validation,
};

/// Tries to place an account; a try fails when other callers fill the chosen server first.
const TRIES: usize = 3;

pub(crate) async fn activate_service(
    api: Api,
    caller: Caller,
    mut request: v1::ActivateServiceRequest,
) -> Result<v1::ServiceOperation, Fault> {
    let password = Secret::from(mem::take(&mut request.password));
    let service = find(&api, &caller, &request.id).await?.service;
    let password = validation::new_password(password)?;
    let sealed = |account: AccountId| {
        let context = account.password_context();
        password.as_ref().map(|it| api.keyring.seal(&context, it.expose().as_bytes()))
    };
    let id = service.id;
    let has_dns_server = api.store.default_dns_server(caller.tenant_id).await?.is_some();
    let (mut tries, mut proven) = (0, false);
    loop {
        tries += 1;
        let intent =
            Intent { operation: "service.activate", key: &request.request_id, request: &request };
        let outcome = once(&api, &caller, intent, async |tx| {
            let service = lock(tx, &caller, id).await?;
            let plan = tx.plan_to_use(service.plan_id).await?;
            let plan = plan.ok_or_else(|| Fault::internal(format!("service {id} has no plan")))?;
            let account = tx.live_account_of(id).await?;
            match (service.status.after(ServiceEvent::Activate), account) {
                (Some(status), None) if has_dns_server => {
                    claim::judge(&api, tx, &service).await?;
                    accept(&api, tx, &caller, Service { status, ..service }, &plan, sealed).await
                }
                (Some(_), None) => Err(refused(
                    "no DNS server is registered to publish the domain; register one first",
                )),
                (None, Some(_)) if service.status == ServiceStatus::Active && password.is_some() => {
                    Err(refused(
                        "the service is active already; give its account another password with ResetAccountPassword",
                    ))
                }
                (None, Some(account)) if service.status == ServiceStatus::Active => {
                    let named = tx.named_account(account.id).await?;
                    Ok(v1::ServiceOperation {
                        service: Some(present::service(&sold(service, &plan, account.id))),
                        account: named.as_ref().map(present::account),
                        job: None,
                    })
                }
                (after, _) => Err(not_now(service.status, after.is_some())),
            }
        })
        .await;
        match outcome {
            // The server filled up after it was chosen, or the domain was taken; the next try sees that.
            Err(fault) if fault.kind == FaultKind::Busy && tries < TRIES => {}
            // The look-up is outside of any transaction.
            Err(fault) if fault.reason == Some(FaultReason::DomainUnproven) && !proven => {
                claim::prove(&api, &caller, &service, fault).await?;
                proven = true;
            }
            outcome => return outcome,
        }
    }
}

/// The reason why a service cannot be activated in its present state.
fn not_now(status: ServiceStatus, being_undone: bool) -> Fault {
    match status {
        ServiceStatus::Suspended => refused("the service is suspended; unsuspend it instead"),
        ServiceStatus::Terminated => {
            refused("the service is terminated, which is for good; create a new one")
        }
        ServiceStatus::Created | ServiceStatus::Active if being_undone => {
            refused("an earlier account of the service is still being undone; wait for its job")
        }
        ServiceStatus::Created | ServiceStatus::Active => {
            refused("the service's account could not be made; wait until its job is undone")
        }
    }
}

async fn accept(
    api: &Api,
    tx: &Tx,
    caller: &Caller,
    service: Service,
    plan: &Plan,
    sealed_password: impl FnOnce(AccountId) -> Option<Vec<u8>>,
) -> Result<v1::ServiceOperation, Fault> {
    let candidates = tx.placement_candidates(caller.tenant_id, plan.terms.server_kind()).await?;
    let decision = placement::choose(&candidates, &plan.terms)
        .map_err(|problem| refused(problem.to_string()))?;
    let server_name = decision.reason.verdicts.first().map(|it| it.server_name.clone());
    let account = Account::placed(&service, plan, decision.server_id, decision.reason);
    tx.insert_account(&account).await.map_err(|error| {
        if error.is_refused_by("servers_deleted") {
            let fault = Fault::new(FaultKind::Busy, "the server has just been deleted; try again");
            return fault.caused_by(error);
        }
        if error.is_taken("accounts_live_domain") {
            let fault = Fault::new(FaultKind::Busy, "the domain has just been taken; try again");
            return fault.caused_by(error);
        }
        error.into()
    })?;
    // Other transactions may have chosen the same server. The insertion holds the lock on the server, so a
    // count now is exact; it must be within placement's limit.
    let now = tx.placement_candidates(caller.tenant_id, plan.terms.server_kind()).await?;
    if now.iter().any(|it| it.id == account.server_id && it.accounts > usable(it.capacity)) {
        return Err(Fault::new(FaultKind::Busy, "the server has just filled up; try again"));
    }
    if let Some(sealed) = sealed_password(account.id) {
        tx.set_password(account.id, &sealed, Source::Given).await?;
    }
    tx.set_service_status(service.id, ServiceStatus::Created, service.status).await?;
    let order = ProvisionAccount { account_id: account.id };
    let job = NewJob::of(caller.tenant_id, &order, caller.origin())
        .holding(account.server_id.mutation_slot());
    api.quotas.file_job(tx, &job).await?;
    let target = service.id.target();
    let detail =
        json!({ "account_id": account.id, "server_id": account.server_id, "job_id": job.id });
    tx.audit(caller.tenant_id, &caller.origin(), "service.activate", &target, detail).await?;
    let job = present::new_job(&job, account.domain.as_str());
    let service = sold(service, plan, account.id);
    let plan_name = plan.name.clone();
    let server_name = server_name.unwrap_or_default();
    let account = NamedAccount { account, plan_name, server_name, server_url: None };
    Ok(v1::ServiceOperation {
        service: Some(present::service(&service)),
        account: Some(present::account(&account)),
        job: Some(job),
    })
}

/// The service with its account and the name of its plan.
fn sold(service: Service, plan: &Plan, account: AccountId) -> NamedService {
    NamedService { service, account_id: Some(account), plan_name: plan.name.clone() }
}
