//! Heals a finding on a person's request, whatever the server's policy is.

use contracts::provisioning::v1;
use model::{
    account::{AccountStatus, HealAccount},
    domain::DomainName,
    drift::{Finding, Remedy},
    fault::Fault,
    ids::FindingId,
    job::{JobKind, Lane, NewJob, Order},
    server::QuarantineDomain,
};
use store::Tx;

use super::lock_open;
use crate::{
    caller::{Api, Caller},
    handlers::{jobs, refused},
    idempotency::{Intent, once},
    present, validation,
};

/// Files the job that heals a finding, or returns the finding's unfinished job.
pub(crate) async fn heal_finding(
    api: Api,
    caller: Caller,
    request: v1::HealFindingRequest,
) -> Result<v1::Job, Fault> {
    let id: FindingId = validation::id(&request.id)?;
    let intent = Intent { operation: "drift.heal", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        let finding = lock_open(tx, &caller, id).await?;
        if let Some(job) = finding.job_id {
            let job = jobs::find(&api, &caller, job).await?;
            if !job.job.status.is_final() {
                return Ok(present::named_job(&job));
            }
        }
        let job = remedy(tx, &caller, &finding).await?;
        let job = job.holding(finding.server_id.mutation_slot()).in_lane(Lane::Interactive);
        let name = match job.kind {
            JobKind::DomainQuarantine => &finding.server_name,
            _ => &finding.difference.domain,
        };
        let (filed, job) = (jobs::file(&api, tx, &caller, "drift.heal", &job, name).await?, job.id);
        tx.healed_by(&[id], job).await?;
        Ok(filed)
    })
    .await
}

async fn remedy(tx: &Tx, caller: &Caller, finding: &Finding) -> Result<NewJob, Fault> {
    let field = finding.difference.field;
    let remedy = field.remedy().ok_or_else(|| {
        let field = field.as_str();
        refused(format!("no job can heal {field}: look at the server, or accept the finding"))
    })?;
    match remedy {
        Remedy::Heal => account(tx, caller, finding, false).await,
        Remedy::HealTerms => account(tx, caller, finding, true).await,
        Remedy::Quarantine => unclaimed(tx, caller, finding).await,
    }
}

async fn account(
    tx: &Tx,
    caller: &Caller,
    finding: &Finding,
    terms: bool,
) -> Result<NewJob, Fault> {
    let id = finding.difference.account_id;
    let id = id.ok_or_else(|| Fault::internal(format!("finding {} has no account", finding.id)))?;
    let account = tx.lock_with_service(id).await?;
    let account = account.ok_or_else(|| Fault::not_found("account", id))?;
    match account.status {
        AccountStatus::Active | AccountStatus::Suspended => {
            Ok(job(caller, &HealAccount { account_id: id, terms }))
        }
        AccountStatus::Pending | AccountStatus::Terminated | AccountStatus::Failed => {
            let status = account.status.as_str();
            Err(refused(format!("the account is {status}: there is nothing to heal")))
        }
    }
}

async fn unclaimed(tx: &Tx, caller: &Caller, finding: &Finding) -> Result<NewJob, Fault> {
    let domain: DomainName =
        finding.difference.domain.parse().map_err(|problem| {
            refused(format!("the domain {problem}: switch it off on the panel"))
        })?;
    tx.lock_server(finding.server_id).await?;
    Ok(job(caller, &QuarantineDomain { server_id: finding.server_id, domain }))
}

fn job(caller: &Caller, order: &impl Order) -> NewJob {
    NewJob::of(caller.tenant_id, order, caller.origin())
}
