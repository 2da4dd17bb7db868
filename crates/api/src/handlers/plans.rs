//! Handlers of the plans that services are sold on.

mod change;

use contracts::{limit::from_number, provisioning::v1};
use model::{
    fault::Fault,
    ids::{PlanId, TenantId},
    plan::{Plan, PlanTerms},
    quota::Limit,
    tenant_quota::TenantQuota,
};
use serde_json::json;

use super::taken;
use crate::{
    caller::{Api, Caller},
    forms::THINGS,
    idempotency::{Intent, once},
    names, present,
    validation::{self, Form},
};

pub(crate) use change::*;

pub(crate) async fn create_plan(
    api: Api,
    caller: Caller,
    request: v1::CreatePlanRequest,
) -> Result<v1::Plan, Fault> {
    let plan = read(caller.tenant_id, &request)?;
    let intent = Intent { operation: "plan.create", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        api.quotas.one_more(tx, caller.tenant_id, TenantQuota::Plans).await?;
        tx.insert_plan(&plan).await.map_err(name_taken)?;
        let target = plan.id.target();
        let detail = json!({ "name": plan.name });
        tx.audit(caller.tenant_id, &caller.origin(), "plan.create", &target, detail).await?;
        Ok(present::plan(&plan))
    })
    .await
}

fn name_taken(error: store::Error) -> Fault {
    let problem = "another plan has this name; choose another";
    taken(error, &[("plans_tenant_id_name_key", "name", problem)])
}

fn read(tenant_id: TenantId, request: &v1::CreatePlanRequest) -> Result<Plan, Fault> {
    let mut form = Form::default();
    let name = form.read("name", validation::name(&request.name));
    let disk_mib = form.read("disk_mib", ceiling(request.disk_mib, Limit::quota_argument));
    let bandwidth_mib =
        form.read("bandwidth_mib", ceiling(request.bandwidth_mib, Limit::bandwidth_argument));
    let mailboxes = form.read("mailboxes", things(request.mailboxes));
    let databases = form.read("databases", things(request.databases));
    let features = form.read("features", validation::features(&request.features));
    let server_tags = form.read("server_tags", validation::tags(&request.server_tags));
    let (
        Some(name),
        Some(disk_mib),
        Some(bandwidth_mib),
        Some(mailboxes),
        Some(databases),
        Some(features),
        Some(server_tags),
    ) = (name, disk_mib, bandwidth_mib, mailboxes, databases, features, server_tags)
    else {
        return Err(form.fault());
    };
    let terms = PlanTerms { disk_mib, bandwidth_mib, mailboxes, databases, features, server_tags };
    Ok(Plan { id: PlanId::generate(), tenant_id, name, terms })
}

/// A size limit, checked by the rule that formats it for the panel.
fn ceiling<E: std::fmt::Display>(
    mib: Option<u64>,
    argument: impl Fn(Limit) -> Result<String, E>,
) -> Result<Limit, String> {
    let limit = from_number(mib);
    match argument(limit) {
        Ok(_) => Ok(limit),
        Err(problem) => Err(format!("{problem}; leave it out for unlimited")),
    }
}

fn things(count: Option<u64>) -> Result<Limit, String> {
    if let Some(count) = count {
        validation::number(count, &THINGS)
            .map_err(|problem| format!("{problem}, or leave it out for unlimited"))?;
    }
    Ok(from_number(count))
}

pub(crate) async fn get_plan(
    api: Api,
    caller: Caller,
    request: v1::GetPlanRequest,
) -> Result<v1::Plan, Fault> {
    let id = names::plan(&api, &caller, "id", &request.id).await?;
    let id = id.ok_or_else(|| Fault::not_found("plan", &request.id))?;
    let plan = api.store.plan(caller.tenant_id, id).await?;
    Ok(present::plan(&plan.ok_or_else(|| Fault::not_found("plan", id))?))
}

pub(crate) async fn list_plans(
    api: Api,
    caller: Caller,
    request: v1::ListPlansRequest,
) -> Result<v1::ListPlansResponse, Fault> {
    let page = validation::page(request.page_size, &request.page_token)?;
    let plans = api.store.plans(caller.tenant_id, page).await?;
    Ok(v1::ListPlansResponse {
        next_page_token: validation::next_page_token(page, &plans, |it| it.id.uuid()),
        plans: plans.iter().map(present::plan).collect(),
    })
}
