//! `model` values as the messages of the public API.

use model::{
    account::Account,
    dead_letter::DeadLetter,
    dns::DnsServer,
    drift::{Finding, Schedule},
    fault::Fault,
    ids::{AccountId, ServerId},
    job::{Job, JobStatus, MAX_ATTEMPTS, NewJob, StepRecord},
    plan::Plan,
    quota::Limit,
    server::{Server, Trust},
    service::Service,
    tenant::{ApiToken, Tenant},
};
use time::OffsetDateTime;

use crate::{moment::to_timestamp, provisioning::v1};

/// A plan.
pub fn plan(plan: &Plan) -> v1::Plan {
    let terms = &plan.terms;
    v1::Plan {
        id: plan.id.to_string(),
        name: plan.name.clone(),
        disk_mib: ceiling(terms.disk_mib),
        bandwidth_mib: ceiling(terms.bandwidth_mib),
        mailboxes: ceiling(terms.mailboxes),
        databases: ceiling(terms.databases),
        features: terms.features.iter().map(|it| it.as_str().to_owned()).collect(),
        server_tags: terms.server_tags.iter().cloned().collect(),
        created_at: Some(to_timestamp(plan.id.created_at())),
    }
}

/// A limit as an optional number: absent means unlimited, zero means nothing at all.
pub fn ceiling(limit: Limit) -> Option<u64> {
    match limit {
        Limit::AtMost(most) => Some(most),
        Limit::Unlimited => None,
    }
}

/// A limit from an optional number, the other way round.
pub fn limit(ceiling: Option<u64>) -> Limit {
    ceiling.map_or(Limit::Unlimited, Limit::AtMost)
}

/// A server.
pub fn server(server: &Server) -> v1::Server {
    v1::Server {
        id: server.id.to_string(),
        name: server.name.clone(),
        url: server.url.clone().unwrap_or_default(),
        certificate_sha256: match &server.trust {
            Trust::SystemAuthorities => String::new(),
            Trust::Sha256Pin(pin) => pin.clone(),
        },
        ip_addresses: server.addresses.iter().map(ToString::to_string).collect(),
        capacity: server.capacity,
        accounts: server.accounts,
        tags: server.tags.iter().cloned().collect(),
        status: server.status.as_str().to_owned(),
        status_reason: server.status_reason.clone().unwrap_or_default(),
        reads_per_second: server.reads_per_second,
        version: server.version.clone().unwrap_or_default(),
        created_at: Some(to_timestamp(server.id.created_at())),
    }
}

/// A DNS server.
pub fn dns_server(server: &DnsServer) -> v1::DnsServer {
    v1::DnsServer {
        id: server.id.to_string(),
        name: server.name.clone(),
        api_url: server.api_url.clone(),
        nameservers: server.nameservers.clone(),
        ns_names: server.ns_names.clone(),
        created_at: Some(to_timestamp(server.id.created_at())),
    }
}

/// A service and its live account, if it has one.
pub fn service(service: &Service, account: Option<AccountId>) -> v1::Service {
    v1::Service {
        id: service.id.to_string(),
        plan_id: service.plan_id.to_string(),
        domain: service.domain.to_string(),
        external_id: service.external_id.clone().unwrap_or_default(),
        status: service.status.as_str().to_owned(),
        account_id: account.map(|it| it.to_string()).unwrap_or_default(),
        created_at: Some(to_timestamp(service.id.created_at())),
    }
}

/// An account.
pub fn account(account: &Account) -> v1::Account {
    v1::Account {
        id: account.id.to_string(),
        service_id: account.service_id.to_string(),
        plan_id: account.plan_id.to_string(),
        server_id: account.server_id.to_string(),
        domain: account.domain.to_string(),
        username: account.username.as_ref().map(ToString::to_string).unwrap_or_default(),
        status: account.status.as_str().to_owned(),
        protected: account.protected,
        placement: account.placement.to_string(),
        created_at: Some(to_timestamp(account.id.created_at())),
        updated_at: Some(to_timestamp(account.updated_at)),
    }
}

/// A job, without its steps and its place in the queue.
pub fn job(job: &Job) -> v1::Job {
    v1::Job {
        id: job.id.to_string(),
        kind: job.kind.as_str().to_owned(),
        target: job.target.clone(),
        status: job.status.as_str().to_owned(),
        attempts: job.attempts,
        max_attempts: job.max_attempts,
        cancel_requested: job.cancel_requested,
        parent_id: job.parent_id.map(|it| it.to_string()).unwrap_or_default(),
        fault: job.fault.as_ref().map(fault),
        correlation_id: job.origin.correlation_id.clone(),
        actor: job.origin.actor.clone(),
        due_at: Some(to_timestamp(job.due_at)),
        created_at: Some(to_timestamp(job.created_at)),
        started_at: moment(job.started_at),
        finished_at: moment(job.finished_at),
        steps: Vec::new(),
        queue_position: None,
        estimated_start_at: None,
    }
}

/// A job that has just been filed.
pub fn new_job(job: &NewJob) -> v1::Job {
    let filed_at = Some(to_timestamp(job.id.created_at()));
    v1::Job {
        id: job.id.to_string(),
        kind: job.kind.as_str().to_owned(),
        target: job.target.clone(),
        status: JobStatus::Pending.as_str().to_owned(),
        max_attempts: MAX_ATTEMPTS,
        parent_id: job.parent_id.map(|it| it.to_string()).unwrap_or_default(),
        correlation_id: job.origin.correlation_id.clone(),
        actor: job.origin.actor.clone(),
        due_at: filed_at,
        created_at: filed_at,
        ..v1::Job::default()
    }
}

/// A step as the journal has it, without its output.
pub fn step(step: &StepRecord) -> v1::JobStep {
    v1::JobStep {
        name: step.name.clone(),
        status: step.status.as_str().to_owned(),
        attempts: step.attempts,
        fault: step.fault.as_ref().map(fault),
        started_at: Some(to_timestamp(step.started_at)),
        finished_at: moment(step.finished_at),
    }
}

/// What a person may read of a fault.
fn fault(fault: &Fault) -> v1::JobFault {
    v1::JobFault { kind: fault.kind.as_str().to_owned(), message: fault.message.clone() }
}

/// A tenant.
pub fn tenant(tenant: &Tenant) -> v1::Tenant {
    v1::Tenant {
        id: tenant.id.to_string(),
        name: tenant.name.clone(),
        platform: tenant.platform,
        created_at: Some(to_timestamp(tenant.id.created_at())),
    }
}

/// A token, without its secret.
pub fn token(token: &ApiToken) -> v1::Token {
    v1::Token {
        id: token.id.to_string(),
        tenant_id: token.tenant_id.to_string(),
        name: token.name.clone(),
        role: token.role.as_str().to_owned(),
        created_at: Some(to_timestamp(token.id.created_at())),
        expires_at: moment(token.expires_at),
        revoked_at: moment(token.revoked_at),
    }
}

/// A dead letter.
pub fn dead_letter(letter: &DeadLetter) -> v1::DeadLetter {
    v1::DeadLetter {
        id: letter.id.to_string(),
        queue: letter.queue.clone(),
        status: letter.status.as_str().to_owned(),
        reason: letter.reason.clone(),
        job_id: letter.job_id.map(|it| it.to_string()).unwrap_or_default(),
        routing_key: letter.command.as_ref().map(|it| it.routing_key.clone()).unwrap_or_default(),
        excerpt: letter.excerpt.clone(),
        message_id: letter.message_id.clone().unwrap_or_default(),
        correlation_id: letter.correlation_id.clone().unwrap_or_default(),
        redrivable: letter.is_redrivable(),
        resolved_by: letter.resolved_by.clone().unwrap_or_default(),
        created_at: Some(to_timestamp(letter.id.created_at())),
        resolved_at: moment(letter.resolved_at),
    }
}

/// A finding of drift.
pub fn finding(finding: &Finding) -> v1::Finding {
    let it = &finding.difference;
    v1::Finding {
        id: finding.id.to_string(),
        server_id: finding.server_id.to_string(),
        account_id: it.account_id.map(|it| it.to_string()).unwrap_or_default(),
        domain: it.domain.clone(),
        field: it.field.as_str().to_owned(),
        severity: finding.severity.as_str().to_owned(),
        status: finding.status().as_str().to_owned(),
        wanted: it.wanted.clone(),
        seen: it.seen.clone(),
        count: finding.count,
        job_id: finding.job_id.map(|it| it.to_string()).unwrap_or_default(),
        accepted_by: finding.accepted.as_ref().map(|it| it.actor.clone()).unwrap_or_default(),
        first_seen_at: Some(to_timestamp(finding.first_seen_at)),
        last_seen_at: Some(to_timestamp(finding.last_seen_at)),
        accepted_at: moment(finding.accepted.as_ref().map(|it| it.at)),
        closed_at: moment(finding.closed_at),
    }
}

/// How a server is looked at; one that is not on the schedule yet has nothing but the usual policy.
pub fn server_drift(server: ServerId, schedule: Option<&Schedule>) -> v1::ServerDrift {
    let policy = schedule.map(|it| it.policy).unwrap_or_default();
    v1::ServerDrift {
        server_id: server.to_string(),
        terms_policy: policy.terms.as_str().to_owned(),
        unknown_policy: policy.unknown.as_str().to_owned(),
        due_at: moment(schedule.map(|it| it.due_at)),
        swept_at: moment(schedule.and_then(|it| it.swept_at)),
        failures: schedule.map(|it| it.failures).unwrap_or_default(),
        last_error: schedule.and_then(|it| it.last_error.clone()).unwrap_or_default(),
    }
}

fn moment(moment: Option<OffsetDateTime>) -> Option<prost_types::Timestamp> {
    moment.map(to_timestamp)
}

#[cfg(test)]
mod tests {
    use model::{
        account::ProvisionAccount,
        ids::{PlanId, TenantId},
        job::Origin,
        plan::{Feature, PlanTerms},
    };

    use super::*;

    #[test]
    fn unlimited_and_nothing_stay_apart() {
        for value in [None, Some(0), Some(7)] {
            assert_eq!(ceiling(limit(value)), value);
        }
        assert_ne!(limit(None), limit(Some(0)));
    }

    #[test]
    fn a_plan_keeps_every_term() {
        let plan = plan(&Plan {
            id: PlanId::generate(),
            tenant_id: TenantId::generate(),
            name: "starter".to_owned(),
            terms: PlanTerms {
                disk_mib: Limit::AtMost(1024),
                bandwidth_mib: Limit::Unlimited,
                mailboxes: Limit::AtMost(0),
                databases: Limit::AtMost(3),
                features: [Feature::Web, Feature::Mysql].into(),
                server_tags: ["ssd".to_owned()].into(),
            },
        });
        assert_eq!((plan.disk_mib, plan.bandwidth_mib), (Some(1024), None));
        assert_eq!((plan.mailboxes, plan.databases), (Some(0), Some(3)));
        assert_eq!(plan.features, ["web", "mysql"]);
        assert_eq!(plan.server_tags, ["ssd"]);
    }

    #[test]
    fn a_message_survives_its_json() {
        let order = ProvisionAccount { account_id: AccountId::generate() };
        let origin = Origin {
            actor: "token:1".to_owned(),
            correlation_id: "order-7".to_owned(),
            traceparent: None,
        };
        let job = new_job(&NewJob::of(TenantId::generate(), &order, origin));
        let json = serde_json::to_value(&job).unwrap();
        assert!(json["created_at"].as_str().unwrap().ends_with('Z'), "{json}");
        assert_eq!(serde_json::from_value::<v1::Job>(json).unwrap(), job);
    }
}
