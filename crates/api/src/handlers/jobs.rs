//! Handlers of jobs: list, watch, retry and cancel.

mod many;
mod watch;

use contracts::{moment::to_timestamp, provisioning::v1};
use model::{
    fault::{Fault, FaultKind},
    ids::{Id, JobId, ZoneId},
    job::{Job, JobEvent, JobKind, JobStatus, NewJob},
};
use serde_json::json;
use store::{
    Store, Tx,
    jobs::{JobFilter, NamedJob},
};

use super::refused;
use crate::{
    caller::{Api, Caller},
    idempotency::{Intent, once},
    names, present,
    validation::{self, Form},
};

pub(crate) use many::retry_jobs;
pub(crate) use watch::watch_job;

/// Files a job about the thing with this name, and its audit row.
pub(crate) async fn file(
    api: &Api,
    tx: &Tx,
    caller: &Caller,
    action: &str,
    job: &NewJob,
    target_name: &str,
) -> Result<v1::Job, Fault> {
    api.quotas.file_job(tx, job).await?;
    let detail = json!({ "job_id": job.id });
    tx.audit(caller.tenant_id, &caller.origin(), action, &job.target, detail).await?;
    Ok(present::new_job(job, target_name))
}

pub(crate) async fn get_job(
    api: Api,
    caller: Caller,
    request: v1::GetJobRequest,
) -> Result<v1::Job, Fault> {
    let id = validation::id(&request.id)?;
    whole(&api.store, &find(&api, &caller, id).await?).await
}

pub(crate) async fn find(api: &Api, caller: &Caller, id: JobId) -> Result<NamedJob, Fault> {
    let job = api.store.named_job(caller.tenant_id, id).await?;
    job.ok_or_else(|| Fault::not_found("job", id))
}

/// A job with its journal, and with its place in the queue while it waits for a resource.
pub(crate) async fn whole(store: &Store, named: &NamedJob) -> Result<v1::Job, Fault> {
    let mut message = present::named_job(named);
    let job = &named.job;
    message.steps = store.steps(job.id).await?.iter().map(present::step).collect();
    if job.status == JobStatus::Pending
        && job.resource.is_some()
        && let Some(place) = store.queue_place(job.id).await?
    {
        message.queue_position = Some(place.position);
        message.estimated_start_at = Some(to_timestamp(place.estimated_start_at));
    }
    Ok(message)
}

pub(crate) async fn list_jobs(
    api: Api,
    caller: Caller,
    request: v1::ListJobsRequest,
) -> Result<v1::ListJobsResponse, Fault> {
    let page = validation::page(request.page_size, &request.page_token)?;
    let mut form = Form::default();
    let status = validation::choice(&request.status, &JobStatus::ALL, JobStatus::as_str);
    let status = form.read("status", status);
    let kind = validation::choice(&request.kind, &JobKind::ALL, JobKind::as_str);
    let kind = form.read("kind", kind);
    let target = match target(&api, &caller, &request.target).await? {
        Ok(target) => Some(target),
        Err(problem) => {
            form.add("target", problem);
            None
        }
    };
    let (Some(status), Some(kind), Some(target)) = (status, kind, target) else {
        return Err(form.fault());
    };
    let filter = JobFilter { status, kind, target };
    let jobs = api.store.named_jobs(caller.tenant_id, &filter, page).await?;
    Ok(v1::ListJobsResponse {
        next_page_token: validation::next_page_token(page, &jobs, |it| it.job.id.uuid()),
        jobs: jobs.iter().map(present::named_job).collect(),
    })
}

/// Reads the target of a filter, which may have a name in place of the id; the inner error is the problem of the
/// field.
async fn target(
    api: &Api,
    caller: &Caller,
    text: &str,
) -> Result<Result<Option<String>, String>, Fault> {
    let form = "give account/ with an id or a domain, server/, dns-server/ or plan/ with an id or a name, or zone/ with an id";
    let (kind, named) = match text.split_once('/') {
        Some(parts) => parts,
        None if text.is_empty() => return Ok(Ok(None)),
        None => return Ok(Err(format!("is not a target; {form}"))),
    };
    let target = match kind {
        "account" => {
            names::account(api, caller, "target", named).await.map(|it| it.map(Id::target))
        }
        "server" => names::server(api, caller, "target", named).await.map(|it| it.map(Id::target)),
        "dns-server" => {
            names::dns_server(api, caller, "target", named).await.map(|it| it.map(Id::target))
        }
        "plan" => names::plan(api, caller, "target", named).await.map(|it| it.map(Id::target)),
        "zone" => Ok(named.parse::<ZoneId>().ok().map(Id::target)),
        _ => return Ok(Err(format!("is not a target; {form}"))),
    };
    match target {
        Ok(Some(target)) => Ok(Ok(Some(target))),
        Ok(None) => Ok(Err(format!("there is no such {kind}; {form}"))),
        Err(fault) if fault.kind == FaultKind::Invalid => {
            Ok(Err(format!("is not a target; {form}")))
        }
        Err(fault) => Err(fault),
    }
}

pub(crate) async fn retry_job(
    api: Api,
    caller: Caller,
    request: v1::RetryJobRequest,
) -> Result<v1::Job, Fault> {
    let id = validation::id(&request.id)?;
    let job = find(&api, &caller, id).await?;
    let intent = Intent { operation: "job.retry", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| again(&api, tx, &caller, &job).await).await
}

/// Restarts a failed or cancelled job, or resumes a stuck one, and settles its dead letters.
pub(crate) async fn again(
    api: &Api,
    tx: &Tx,
    caller: &Caller,
    named: &NamedJob,
) -> Result<v1::Job, Fault> {
    let job = &named.job;
    let event = match job.status {
        JobStatus::Stuck => JobEvent::Resume,
        _ => JobEvent::Restart,
    };
    let status = job.status.after(event).map_err(|_| {
        let status = job.status.as_str();
        refused(format!("the job is {status}; only a failed, cancelled or stuck one is retried"))
    })?;
    if status == JobStatus::Pending && job.parent_id.is_some() {
        return Err(refused("the job is a part of another; retry the one in parent_id"));
    }
    if status == JobStatus::Pending {
        api.quotas.more_jobs(tx, job.tenant_id, 1).await?;
    }
    tx.restart(job)
        .await
        .map_err(|error| refused("the job has just changed; look again").caused_by(error))?;
    tx.redrive_dead_letters_of(job.id, &caller.actor).await?;
    let target = job.id.target();
    let detail = json!({ "kind": job.kind, "target": job.target, "was": job.status });
    tx.audit(job.tenant_id, &caller.origin(), "job.retry", &target, detail).await?;
    let job = Job { status, attempts: 0, held: None, finished_at: None, ..job.clone() };
    Ok(present::named_job(&NamedJob { job, ..named.clone() }))
}

pub(crate) async fn cancel_job(
    api: Api,
    caller: Caller,
    request: v1::CancelJobRequest,
) -> Result<v1::Job, Fault> {
    let id = validation::id(&request.id)?;
    let named = find(&api, &caller, id).await?;
    let job = &named.job;
    let intent = Intent { operation: "job.cancel", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        match job.status {
            JobStatus::Pending | JobStatus::Running | JobStatus::Waiting => {}
            // The job is being undone already, and a cancellation does no more.
            JobStatus::Unwinding | JobStatus::Cancelled => return Ok(present::named_job(&named)),
            JobStatus::Completed | JobStatus::Failed | JobStatus::Stuck => {
                let status = job.status.as_str();
                return Err(refused(format!("the job is {status}: there is nothing to cancel")));
            }
        }
        tx.request_cancel(id).await?;
        let target = id.target();
        let detail = json!({ "kind": job.kind, "target": job.target });
        tx.audit(caller.tenant_id, &caller.origin(), "job.cancel", &target, detail).await?;
        let job = Job { cancel_requested: true, ..job.clone() };
        Ok(present::named_job(&NamedJob { job, ..named.clone() }))
    })
    .await
}
