//! Suspension, unsuspension and termination: the handler records the wanted state, and a job carries it out.

use contracts::provisioning::v1;
use model::{
    account::{Account, AccountStatus, SuspendAccount, TerminateAccount, UnsuspendAccount},
    fault::Fault,
    ids::AccountId,
    job::NewJob,
    service::{Service, ServiceEvent, ServiceStatus},
};
use serde::Serialize;
use serde_json::json;
use store::{Tx, accounts::NamedAccount, jobs::JobFilter, page::Page, services::NamedService};

use super::{find, lock};
use crate::{
    caller::{Api, Caller},
    handlers::refused,
    idempotency::{Intent, once},
    present, validation,
};

pub(crate) async fn suspend_service(
    api: Api,
    caller: Caller,
    request: v1::SuspendServiceRequest,
) -> Result<v1::ServiceOperation, Fault> {
    let reason = validation::reason(&request.reason).map_err(|it| Fault::invalid("reason", it))?;
    let wish = Wish {
        event: ServiceEvent::Suspend,
        service: ServiceStatus::Suspended,
        account: AccountStatus::Suspended,
    };
    let intent =
        Intent { operation: "service.suspend", key: &request.request_id, request: &request };
    let order = |account_id| SuspendAccount { account_id, reason: reason.clone() };
    let job = |account| NewJob::of(caller.tenant_id, &order(account), caller.origin());
    wish.carry_out(&api, &caller, &request.id, intent, job).await
}

pub(crate) async fn unsuspend_service(
    api: Api,
    caller: Caller,
    request: v1::UnsuspendServiceRequest,
) -> Result<v1::ServiceOperation, Fault> {
    let wish = Wish {
        event: ServiceEvent::Unsuspend,
        service: ServiceStatus::Active,
        account: AccountStatus::Active,
    };
    let intent =
        Intent { operation: "service.unsuspend", key: &request.request_id, request: &request };
    let order = |account_id| UnsuspendAccount { account_id };
    let job = |account| NewJob::of(caller.tenant_id, &order(account), caller.origin());
    wish.carry_out(&api, &caller, &request.id, intent, job).await
}

pub(crate) async fn terminate_service(
    api: Api,
    caller: Caller,
    request: v1::TerminateServiceRequest,
) -> Result<v1::ServiceOperation, Fault> {
    let wish = Wish {
        event: ServiceEvent::Terminate,
        service: ServiceStatus::Terminated,
        account: AccountStatus::Terminated,
    };
    let intent =
        Intent { operation: "service.terminate", key: &request.request_id, request: &request };
    let order = |account_id| TerminateAccount { account_id };
    let job = |account| NewJob::of(caller.tenant_id, &order(account), caller.origin());
    wish.carry_out(&api, &caller, &request.id, intent, job).await
}

/// The wanted change of a service and its account.
#[derive(Clone, Copy)]
struct Wish {
    event: ServiceEvent,
    service: ServiceStatus,
    account: AccountStatus,
}

impl Wish {
    async fn carry_out<Q: Serialize>(
        self,
        api: &Api,
        caller: &Caller,
        named: &str,
        intent: Intent<'_, Q>,
        job: impl Fn(AccountId) -> NewJob,
    ) -> Result<v1::ServiceOperation, Fault> {
        let NamedService { service: before, account_id, plan_name } =
            find(api, caller, named).await?;
        let id = before.id;
        let under_way = match account_id {
            Some(account) => under_way(api, caller, account).await?,
            None => false,
        };
        let action = intent.operation;
        once(api, caller, intent, async |tx| {
            let service = lock(tx, caller, id).await?;
            let account = match tx.live_account_of(id).await? {
                Some(account) => {
                    tx.lock_account(account.id).await?.filter(|it| it.status.is_live())
                }
                None => None,
            };
            let answer = async |service: Service, job: Option<&NewJob>| {
                let named = match &account {
                    Some(account) => tx.named_account(account.id).await?,
                    None => None,
                };
                let account_id = account.as_ref().map(|it| it.id);
                let plan_name = plan_name.clone();
                let service = NamedService { service, account_id, plan_name };
                Ok(answer(&service, named.as_ref(), job))
            };
            let to_do = self.to_do(&service, account.as_ref(), under_way)?;
            if !to_do {
                return answer(service, None).await;
            }
            if let Some(account) = &account
                && account.protected
                && self.event == ServiceEvent::Terminate
            {
                return Err(refused(format!(
                    "account {} is protected; take its protection off first (SetAccountProtection)",
                    account.domain
                )));
            }
            tx.set_service_status(id, service.status, self.service).await?;
            let service = Service { status: self.service, ..service };
            let job = account.as_ref().map(|it| job(it.id).holding(it.server_id.mutation_slot()));
            record(api, tx, caller, action, &service, job.as_ref()).await?;
            answer(service, job.as_ref()).await
        })
        .await
    }

    /// Whether to file a job. A repeated wish needs none if the account is settled or its job is under way.
    fn to_do(
        self,
        service: &Service,
        account: Option<&Account>,
        under_way: bool,
    ) -> Result<bool, Fault> {
        if service.status == self.service {
            // An earlier job may have failed or been cancelled, so the wish may still be open.
            let settled = account
                .is_none_or(|it| it.status == self.account || it.status == AccountStatus::Pending);
            return Ok(!settled && !under_way);
        }
        let status = service.status.as_str();
        match (service.status.after(self.event), account) {
            (None, _) => Err(refused(format!(
                "the service is {status}, which cannot be followed by {}",
                self.service.as_str()
            ))),
            (Some(_), None) if self.event != ServiceEvent::Terminate => {
                Err(refused("the service has no account: it could not be made, or is being undone"))
            }
            (Some(_), _) => Ok(true),
        }
    }
}

/// Whether the newest job of an account is not final yet.
async fn under_way(api: &Api, caller: &Caller, account: AccountId) -> Result<bool, Fault> {
    let filter = JobFilter { target: Some(account.target()), ..JobFilter::default() };
    let newest = api.store.jobs(caller.tenant_id, &filter, Page { size: 1, after: None }).await?;
    Ok(newest.first().is_some_and(|it| !it.status.is_final()))
}

async fn record(
    api: &Api,
    tx: &Tx,
    caller: &Caller,
    action: &str,
    service: &Service,
    job: Option<&NewJob>,
) -> Result<(), Fault> {
    if let Some(job) = job {
        api.quotas.file_job(tx, job).await?;
    }
    let target = service.id.target();
    let detail = json!({ "job_id": job.map(|it| it.id) });
    tx.audit(caller.tenant_id, &caller.origin(), action, &target, detail).await?;
    Ok(())
}

fn answer(
    service: &NamedService,
    account: Option<&NamedAccount>,
    job: Option<&NewJob>,
) -> v1::ServiceOperation {
    v1::ServiceOperation {
        service: Some(present::service(service)),
        account: account.map(present::account),
        job: job.map(|it| present::new_job(it, service.service.domain.as_str())),
    }
}
