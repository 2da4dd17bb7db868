//! Turns findings of drift and the schedules of sweeps into messages.

use contracts::{moment::to_timestamp, provisioning::v1};
use model::{
    drift::{Finding, Schedule},
    server::Server,
};

pub(crate) fn finding(finding: &Finding) -> v1::Finding {
    let difference = &finding.difference;
    v1::Finding {
        id: finding.id.to_string(),
        server_id: finding.server_id.to_string(),
        account_id: difference.account_id.map(|id| id.to_string()).unwrap_or_default(),
        domain: difference.domain.clone(),
        field: difference.field.as_str().to_owned(),
        severity: finding.severity.as_str().to_owned(),
        status: finding.status().as_str().to_owned(),
        wanted: difference.wanted.clone(),
        seen: difference.seen.clone(),
        count: finding.count,
        job_id: finding.job_id.map(|id| id.to_string()).unwrap_or_default(),
        accepted_by: finding
            .accepted
            .as_ref()
            .map(|acceptance| acceptance.actor.clone())
            .unwrap_or_default(),
        first_seen_at: Some(to_timestamp(finding.first_seen_at)),
        last_seen_at: Some(to_timestamp(finding.last_seen_at)),
        accepted_at: finding.accepted.as_ref().map(|acceptance| acceptance.at).map(to_timestamp),
        closed_at: finding.closed_at.map(to_timestamp),
        server_name: finding.server_name.clone(),
    }
}

/// The schedule and the policy of a server. A server without a schedule has the default policy only.
pub(crate) fn server_drift(server: &Server, schedule: Option<&Schedule>) -> v1::ServerDrift {
    let policy = schedule.map(|schedule| schedule.policy).unwrap_or_default();
    v1::ServerDrift {
        server_id: server.id.to_string(),
        terms_policy: policy.terms.as_str().to_owned(),
        unknown_policy: policy.unknown.as_str().to_owned(),
        due_at: schedule.map(|schedule| schedule.due_at).map(to_timestamp),
        swept_at: schedule.and_then(|schedule| schedule.swept_at).map(to_timestamp),
        failures: schedule.map(|schedule| schedule.failures).unwrap_or_default(),
        last_error: schedule.and_then(|schedule| schedule.last_error.clone()).unwrap_or_default(),
        server_name: server.name.clone(),
    }
}
