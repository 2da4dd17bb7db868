//! Turns jobs and their steps into messages.

use contracts::{moment::to_timestamp, provisioning::v1};
use model::{
    fault::Fault,
    job::{Job, JobStatus, NewJob, StepRecord},
};
use store::jobs::NamedJob;

/// A job with the name of its target, without its steps and its place in the queue.
pub(crate) fn named_job(named: &NamedJob) -> v1::Job {
    job(&named.job, named.target_name.as_deref().unwrap_or_default())
}

/// A job about the thing with this name, without its steps and its place in the queue.
pub(crate) fn job(job: &Job, target_name: &str) -> v1::Job {
    v1::Job {
        id: job.id.to_string(),
        kind: job.kind.as_str().to_owned(),
        target: job.target.clone(),
        lane: job.lane.as_str().to_owned(),
        status: job.status.as_str().to_owned(),
        attempts: job.attempts,
        cancel_requested: job.cancel_requested,
        parent_id: job.parent_id.map(|id| id.to_string()).unwrap_or_default(),
        fault: job.fault.as_ref().map(fault),
        correlation_id: job.origin.correlation_id.clone(),
        actor: job.origin.actor.clone(),
        due_at: Some(to_timestamp(job.due_at)),
        created_at: Some(to_timestamp(job.created_at)),
        started_at: job.started_at.map(to_timestamp),
        finished_at: job.finished_at.map(to_timestamp),
        steps: Vec::new(),
        queue_position: None,
        estimated_start_at: None,
        held_since: job.held.map(|held| to_timestamp(held.since)),
        held_until: job.held.map(|held| to_timestamp(held.until)),
        target_name: target_name.to_owned(),
    }
}

/// A job about the thing with this name, which this transaction has just filed.
pub(crate) fn new_job(job: &NewJob, target_name: &str) -> v1::Job {
    let filed_at = Some(to_timestamp(job.id.created_at()));
    v1::Job {
        id: job.id.to_string(),
        kind: job.kind.as_str().to_owned(),
        target: job.target.clone(),
        lane: job.lane.as_str().to_owned(),
        status: JobStatus::Pending.as_str().to_owned(),
        parent_id: job.parent_id.map(|id| id.to_string()).unwrap_or_default(),
        correlation_id: job.origin.correlation_id.clone(),
        actor: job.origin.actor.clone(),
        due_at: filed_at,
        created_at: filed_at,
        target_name: target_name.to_owned(),
        ..v1::Job::default()
    }
}

/// A step of the journal, without its output.
pub(crate) fn step(step: &StepRecord) -> v1::JobStep {
    v1::JobStep {
        name: step.name.clone(),
        status: step.status.as_str().to_owned(),
        attempts: step.attempts,
        fault: step.fault.as_ref().map(fault),
        started_at: Some(to_timestamp(step.started_at)),
        finished_at: step.finished_at.map(to_timestamp),
    }
}

/// The parts of a fault that a caller may see.
fn fault(fault: &Fault) -> v1::JobFault {
    v1::JobFault { kind: fault.kind.as_str().to_owned(), message: fault.message.clone() }
}

#[cfg(test)]
mod tests {
    use model::{
        account::ProvisionAccount,
        ids::{AccountId, TenantId},
        job::Origin,
    };

    use super::*;

    #[test]
    fn a_message_survives_its_json() {
        let order = ProvisionAccount { account_id: AccountId::generate() };
        let origin = Origin {
            actor: "token:1".to_owned(),
            correlation_id: "order-7".to_owned(),
            traceparent: None,
            client_address: None,
        };
        let job = new_job(&NewJob::of(TenantId::generate(), &order, origin), "example.ro");
        let json = serde_json::to_value(&job).unwrap();
        assert!(json["created_at"].as_str().unwrap().ends_with('Z'), "{json}");
        assert_eq!(serde_json::from_value::<v1::Job>(json).unwrap(), job);
    }
}
