//! Handler of the retry of many jobs.

use std::{collections::BTreeMap, time::Duration};

use contracts::provisioning::v1;
use model::{
    fault::{Fault, FaultKind},
    ids::JobId,
    job::{JobKind, JobStatus},
};
use serde_json::json;
use store::redrive::{Ended, Start};

use crate::{
    caller::{Api, Caller},
    forms::{RESTARTED, SINCE_SECONDS},
    idempotency::{Intent, once},
    validation::{self, Form},
};

/// Restarts the jobs of one window that the filters choose, or only counts them.
pub(crate) async fn retry_jobs(
    api: Api,
    caller: Caller,
    request: v1::RetryJobsRequest,
) -> Result<v1::RetryJobsResponse, Fault> {
    let Chosen { status, start, kind, fault } = read(&request)?;
    let window = api.store.ended_jobs(caller.tenant_id, status, start).await?;
    let is_chosen = |job: &&Ended| {
        kind.is_none_or(|kind| kind == job.kind) && (fault.is_none() || fault == job.fault)
    };
    let chosen: Vec<Ended> = window.jobs.iter().filter(is_chosen).cloned().collect();
    let next_page_token = window.next.map(|place| place.to_string()).unwrap_or_default();
    if request.dry_run {
        return Ok(v1::RetryJobsResponse { jobs: counted(&chosen), next_page_token });
    }
    let intent = Intent { operation: "jobs.retry", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        let ids: Vec<JobId> = chosen.iter().map(|job| job.id).collect();
        let more = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        api.quotas.more_jobs(tx, caller.tenant_id, more).await?;
        let restarted = tx.restart_ended(&ids, status, &caller.actor).await?;
        let chosen: Vec<Ended> =
            chosen.into_iter().filter(|job| restarted.contains(&job.id)).collect();
        if !restarted.is_empty() {
            let detail = json!({ "was": status, "kind": kind, "fault": fault, "jobs": restarted });
            tx.audit(caller.tenant_id, &caller.origin(), "jobs.retry", "jobs", detail).await?;
        }
        Ok(v1::RetryJobsResponse { jobs: counted(&chosen), next_page_token })
    })
    .await
}

/// The fields of a request.
struct Chosen {
    status: JobStatus,
    start: Start,
    kind: Option<JobKind>,
    fault: Option<FaultKind>,
}

fn read(request: &v1::RetryJobsRequest) -> Result<Chosen, Fault> {
    let mut form = Form::default();
    let status = validation::choice(&request.status, &RESTARTED, JobStatus::as_str)
        .and_then(|it| it.ok_or_else(|| "is missing; give failed or cancelled".to_owned()));
    let status = form.read("status", status);
    let kind = validation::choice(&request.kind, &JobKind::ALL, JobKind::as_str);
    let kind = form.read("kind", kind);
    let fault = validation::choice(&request.fault, &FaultKind::ALL, FaultKind::as_str);
    let fault = form.read("fault", fault);
    let start = match request.page_token.as_str() {
        "" => {
            let seconds = validation::number(request.since_seconds, &SINCE_SECONDS);
            let seconds = form.read("since_seconds", seconds);
            seconds.map(|seconds| Start::Since(Duration::from_secs(seconds)))
        }
        token => form.read("page_token", token.parse()).map(Start::At),
    };
    let (Some(status), Some(start), Some(kind), Some(fault)) = (status, start, kind, fault) else {
        return Err(form.fault());
    };
    Ok(Chosen { status, start, kind, fault })
}

/// The jobs, counted by kind and fault.
fn counted(jobs: &[Ended]) -> Vec<v1::RetriedJobs> {
    let mut counts = BTreeMap::<_, u32>::new();
    for job in jobs {
        let fault = job.fault.map(FaultKind::as_str).unwrap_or_default();
        *counts.entry((job.kind.as_str(), fault)).or_default() += 1;
    }
    let message = |((kind, fault), jobs): ((&str, &str), u32)| v1::RetriedJobs {
        kind: kind.to_owned(),
        fault: fault.to_owned(),
        jobs,
    };
    counts.into_iter().map(message).collect()
}
