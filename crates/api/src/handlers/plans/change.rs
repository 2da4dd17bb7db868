//! Changes of a plan: new terms, for new accounts or for all, and its deletion.

use std::collections::BTreeSet;

use contracts::provisioning::v1;
use model::{
    fault::Fault,
    job::NewJob,
    plan::{ApplyPlan, Plan, PlanTerms},
    quota::Limit,
};
use serde_json::json;
use store::Tx;

use super::{ceiling, name_taken, things};
use crate::{
    caller::{Api, Caller},
    forms::LIMITS,
    handlers::{deletion::refuse_used, refused},
    idempotency::{Intent, once},
    names, present,
    validation::{self, Form},
};

pub(crate) async fn update_plan(
    api: Api,
    caller: Caller,
    request: v1::UpdatePlanRequest,
) -> Result<v1::PlanOperation, Fault> {
    if request.dry_run {
        // The transaction is rolled back.
        return change(&api, &caller, &api.store.begin().await?, &request).await;
    }
    let intent = Intent { operation: "plan.update", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| change(&api, &caller, tx, &request).await).await
}

async fn change(
    api: &Api,
    caller: &Caller,
    tx: &Tx,
    request: &v1::UpdatePlanRequest,
) -> Result<v1::PlanOperation, Fault> {
    let before = lock(api, caller, tx, &request.id).await?;
    let plan = changed(&before, request)?;
    let other_quotas = plan.terms.with_quotas_of(&before.terms) != plan.terms;
    if other_quotas
        && !request.apply_to_accounts
        && tx.has_unfinished_job(&plan.id.target()).await?
    {
        let name = &before.name;
        return Err(refused(format!(
            "a job brings the plan's accounts to its quotas (praho jobs list --target plan/{name}); wait for its end, or \
             give apply_to_accounts too"
        )));
    }
    tx.update_plan(&plan).await.map_err(name_taken)?;
    let accounts = match request.apply_to_accounts {
        true => tx.count_with_other_quotas(&plan).await?,
        false => 0,
    };
    let order = ApplyPlan { plan_id: plan.id };
    let job = (accounts > 0 && !request.dry_run)
        .then(|| NewJob::of(caller.tenant_id, &order, caller.origin()));
    if let Some(job) = &job {
        api.quotas.file_job(tx, job).await?;
    }
    if !request.dry_run {
        let detail = json!({
            "name": plan.name, "from": before.terms, "to": plan.terms, "accounts": accounts,
            "job_id": job.as_ref().map(|it| it.id),
        });
        let (tenant, origin) = (caller.tenant_id, caller.origin());
        tx.audit(tenant, &origin, "plan.update", &plan.id.target(), detail).await?;
    }
    Ok(v1::PlanOperation {
        plan: Some(present::plan(&plan)),
        job: job.as_ref().map(|it| present::new_job(it, &plan.name)),
        accounts,
    })
}

/// The plan that a request names, locked until the transaction ends.
async fn lock(api: &Api, caller: &Caller, tx: &Tx, text: &str) -> Result<Plan, Fault> {
    let plan = match names::plan(api, caller, "id", text).await? {
        Some(id) => tx.lock_plan(caller.tenant_id, id).await?,
        None => None,
    };
    plan.ok_or_else(|| Fault::not_found("plan", text))
}

/// The plan with the given fields of the request.
fn changed(present: &Plan, request: &v1::UpdatePlanRequest) -> Result<Plan, Fault> {
    let mut form = Form::default();
    let mut plan = present.clone();
    if !request.name.is_empty() {
        plan.name = form.read("name", validation::name(&request.name)).unwrap_or_default();
    }
    let terms = &mut plan.terms;
    let quota = |mib| ceiling(mib, Limit::quota_argument);
    let transfer = |mib| ceiling(mib, Limit::bandwidth_argument);
    limit("disk_mib", request.disk_mib, quota, &mut terms.disk_mib, &mut form);
    limit("bandwidth_mib", request.bandwidth_mib, transfer, &mut terms.bandwidth_mib, &mut form);
    limit("mailboxes", request.mailboxes, things, &mut terms.mailboxes, &mut form);
    limit("databases", request.databases, things, &mut terms.databases, &mut form);
    remove_limits(request, terms, &mut form);
    let (given, none) = (&request.features, request.no_features);
    list("features", given, none, validation::features, &mut terms.features, &mut form);
    let (given, none) = (&request.server_tags, request.no_server_tags);
    list("server_tags", given, none, validation::tags, &mut terms.server_tags, &mut form);
    if request.apply_to_accounts {
        refuse_lasting(&present.terms, &plan.terms, &mut form);
    }
    if form.is_good() { Ok(plan) } else { Err(form.fault()) }
}

/// Changes a limit that is given.
fn limit(
    field: &str,
    given: Option<u64>,
    rule: impl Fn(Option<u64>) -> Result<Limit, String>,
    limit: &mut Limit,
    form: &mut Form,
) {
    if given.is_some()
        && let Some(given) = form.read(field, rule(given))
    {
        *limit = given;
    }
}

/// Removes the limits that `unlimited` names.
fn remove_limits(request: &v1::UpdatePlanRequest, terms: &mut PlanTerms, form: &mut Form) {
    for name in &request.unlimited {
        let (limit, given) = match name.as_str() {
            "disk_mib" => (&mut terms.disk_mib, request.disk_mib),
            "bandwidth_mib" => (&mut terms.bandwidth_mib, request.bandwidth_mib),
            "mailboxes" => (&mut terms.mailboxes, request.mailboxes),
            "databases" => (&mut terms.databases, request.databases),
            _ => {
                let names = LIMITS.join(", ");
                form.add("unlimited", format!("holds one that is no limit; choose from {names}"));
                continue;
            }
        };
        if given.is_some() {
            form.add(
                "unlimited",
                format!("names {name}, which is given too; choose one of the two"),
            );
        }
        *limit = Limit::Unlimited;
    }
}

/// Replaces or empties a list; an empty one without `none` stays.
fn list<T: Ord>(
    field: &str,
    given: &[String],
    none: bool,
    rule: impl Fn(&[String]) -> Result<BTreeSet<T>, String>,
    list: &mut BTreeSet<T>,
    form: &mut Form,
) {
    match (none, given.is_empty()) {
        (true, true) => list.clear(),
        (true, false) => {
            form.add(
                &format!("no_{field}"),
                format!("is given beside {field}; choose one of the two"),
            );
        }
        (false, true) => {}
        (false, false) => {
            if let Some(given) = form.read(field, rule(given)) {
                *list = given;
            }
        }
    }
}

/// Notes the changed terms that hold for the life of an account.
fn refuse_lasting(before: &PlanTerms, after: &PlanTerms, form: &mut Form) {
    for (field, is_changed) in [
        ("mailboxes", before.mailboxes != after.mailboxes),
        ("databases", before.databases != after.databases),
        ("features", before.features != after.features),
        ("server_tags", before.server_tags != after.server_tags),
    ] {
        if is_changed {
            form.add(
                field,
                "holds for new accounts only, because no job changes it on an account that is there; change it by a call \
                 without apply_to_accounts, which is for disk_mib and bandwidth_mib",
            );
        }
    }
}

pub(crate) async fn delete_plan(
    api: Api,
    caller: Caller,
    request: v1::DeletePlanRequest,
) -> Result<v1::Plan, Fault> {
    let intent = Intent { operation: "plan.delete", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        let plan = lock(&api, &caller, tx, &request.id).await?;
        let services = ("service", "services", tx.services_on_plan(plan.id).await?);
        let jobs = ("open job", "open jobs", tx.open_jobs_on_plan(plan.id).await?);
        let remedy = "terminate its services and wait for its jobs";
        refuse_used(&format!("plan {}", plan.name), &[services, jobs], remedy)?;
        tx.delete_plan(plan.id).await?;
        let detail = json!({ "name": plan.name });
        let (tenant, origin) = (caller.tenant_id, caller.origin());
        tx.audit(tenant, &origin, "plan.delete", &plan.id.target(), detail).await?;
        Ok(present::plan(&plan))
    })
    .await
}
