//! Handlers of drift: list, accept and heal findings, set policies, and request a sweep.

mod heal;

use contracts::provisioning::v1;
use model::{
    drift::{Finding, FindingStatus, Policy, TermsPolicy, UnknownPolicy},
    fault::{Fault, FaultKind},
    ids::{FindingId, ServerId},
    server::ServerStatus,
};
use serde_json::json;
use store::{Tx, findings::FindingFilter};

use super::{refused, servers};
use crate::{
    caller::{Api, Caller},
    idempotency::{Intent, once},
    names, present,
    validation::{self, Form},
};

pub(crate) use heal::heal_finding;

pub(crate) async fn get_finding(
    api: Api,
    caller: Caller,
    request: v1::GetFindingRequest,
) -> Result<v1::Finding, Fault> {
    let id: FindingId = validation::id(&request.id)?;
    let finding = api.store.finding(caller.tenant_id, id).await?;
    Ok(present::finding(&finding.ok_or_else(|| Fault::not_found("finding", id))?))
}

pub(crate) async fn list_findings(
    api: Api,
    caller: Caller,
    request: v1::ListFindingsRequest,
) -> Result<v1::ListFindingsResponse, Fault> {
    let page = validation::page(request.page_size, &request.page_token)?;
    let mut form = Form::default();
    let server = match request.server_id.as_str() {
        "" => Some(None),
        text => server(&api, &caller, text, &mut form).await?.map(Some),
    };
    let status = validation::choice(&request.status, &FindingStatus::ALL, FindingStatus::as_str);
    let status = form.read("status", status);
    let (Some(server), Some(status)) = (server, status) else { return Err(form.fault()) };
    let filter = FindingFilter { server, status };
    let findings = api.store.findings(caller.tenant_id, filter, page).await?;
    Ok(v1::ListFindingsResponse {
        next_page_token: validation::next_page_token(page, &findings, |it| it.id.uuid()),
        findings: findings.iter().map(present::finding).collect(),
    })
}

/// The server that a filter names; the form notes if there is none.
async fn server(
    api: &Api,
    caller: &Caller,
    text: &str,
    form: &mut Form,
) -> Result<Option<ServerId>, Fault> {
    let id = match names::server(api, caller, "server_id", text).await {
        Err(fault) if fault.kind != FaultKind::Invalid => return Err(fault),
        id => id.ok().flatten(),
    };
    if id.is_none() {
        form.add("server_id", "names no server; give one of those that are listed");
    }
    Ok(id)
}

pub(crate) async fn accept_finding(
    api: Api,
    caller: Caller,
    request: v1::AcceptFindingRequest,
) -> Result<v1::Finding, Fault> {
    let id: FindingId = validation::id(&request.id)?;
    let intent = Intent { operation: "drift.accept", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        let finding = lock_open(tx, &caller, id).await?;
        if finding.status() == FindingStatus::Accepted {
            return Ok(present::finding(&finding));
        }
        let accepted = tx.accept_finding(id, &caller.actor).await?;
        let it = &accepted.difference;
        let detail = json!({
            "server_id": accepted.server_id, "domain": it.domain, "field": it.field, "seen": it.seen,
        });
        let target = id.target();
        tx.audit(caller.tenant_id, &caller.origin(), "drift.accept", &target, detail).await?;
        Ok(present::finding(&accepted))
    })
    .await
}

/// Locks a finding of the caller's tenant that is not closed.
async fn lock_open(tx: &Tx, caller: &Caller, id: FindingId) -> Result<Finding, Fault> {
    let finding = tx.lock_finding(caller.tenant_id, id).await?;
    let finding = finding.ok_or_else(|| Fault::not_found("finding", id))?;
    if finding.status() == FindingStatus::Closed {
        return Err(refused("the finding is closed: the server is as it should be again"));
    }
    Ok(finding)
}

pub(crate) async fn get_server_drift(
    api: Api,
    caller: Caller,
    request: v1::GetServerDriftRequest,
) -> Result<v1::ServerDrift, Fault> {
    let server = servers::named(&api, &caller, &request.id).await?;
    let schedule = api.store.sweep_schedule(server.id).await?;
    Ok(present::server_drift(&server, schedule.as_ref()))
}

pub(crate) async fn set_drift_policy(
    api: Api,
    caller: Caller,
    request: v1::SetDriftPolicyRequest,
) -> Result<v1::ServerDrift, Fault> {
    let server = servers::named(&api, &caller, &request.id).await?;
    let id = server.id;
    let mut form = Form::default();
    let terms = validation::choice(&request.terms_policy, &TermsPolicy::ALL, TermsPolicy::as_str);
    let terms = form.read("terms_policy", terms);
    let unknown =
        validation::choice(&request.unknown_policy, &UnknownPolicy::ALL, UnknownPolicy::as_str);
    let unknown = form.read("unknown_policy", unknown);
    let (Some(terms), Some(unknown)) = (terms, unknown) else { return Err(form.fault()) };
    let intent = Intent { operation: "drift.policy", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        tx.lock_server(id).await?;
        let before = api.store.sweep_schedule(id).await?;
        let policy = before.as_ref().map(|it| it.policy).unwrap_or_default();
        let wanted = Policy {
            terms: terms.unwrap_or(policy.terms),
            unknown: unknown.unwrap_or(policy.unknown),
        };
        if policy == wanted {
            return Ok(present::server_drift(&server, before.as_ref()));
        }
        let schedule = tx.set_drift_policy(id, wanted).await?;
        let detail = json!({ "terms": wanted.terms, "unknown": wanted.unknown });
        let target = id.target();
        tx.audit(caller.tenant_id, &caller.origin(), "drift.policy", &target, detail).await?;
        Ok(present::server_drift(&server, Some(&schedule)))
    })
    .await
}

pub(crate) async fn scan_server(
    api: Api,
    caller: Caller,
    request: v1::ScanServerRequest,
) -> Result<v1::ServerDrift, Fault> {
    let server = servers::named(&api, &caller, &request.id).await?;
    let id = server.id;
    let intent = Intent { operation: "drift.scan", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        if let ServerStatus::Maintenance | ServerStatus::Unverified = server.status {
            let status = server.status.as_str();
            return Err(refused(format!("the server is {status}: sweeps leave it out")));
        }
        let schedule = tx.make_sweep_due(id).await?;
        let target = id.target();
        tx.audit(caller.tenant_id, &caller.origin(), "drift.scan", &target, json!({})).await?;
        Ok(present::server_drift(&server, Some(&schedule)))
    })
    .await
}
