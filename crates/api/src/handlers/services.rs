//! Handlers of services: a service is a plan sold to a customer, in the state that billing wants.

use contracts::provisioning::v1;
use model::{
    fault::{Fault, FaultKind},
    ids::ServiceId,
    plan::Plan,
    service::{Service, ServiceStatus},
    tenant_quota::TenantQuota,
};
use serde_json::json;
use store::{Tx, services::NamedService};

use super::taken;
use crate::{
    caller::{Api, Caller},
    idempotency::{Intent, once},
    names, present,
    validation::{self, Form},
};

mod activate;
mod change;
mod claim;

pub(crate) use activate::*;
pub(crate) use change::*;

pub(crate) async fn create_service(
    api: Api,
    caller: Caller,
    request: v1::CreateServiceRequest,
) -> Result<v1::Service, Fault> {
    let named = read(&api, &caller, &request).await?;
    let service = &named.service;
    let intent =
        Intent { operation: "service.create", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        let quota = api.quotas.of(tx, caller.tenant_id, TenantQuota::Services).await?;
        tx.insert_service(service).await.map_err(|error| {
            let domain = "another of your services has this domain; terminate it first";
            let number = "another service has this number; give each its own";
            taken(
                error,
                &[
                    ("services_domain", "domain", domain),
                    ("services_external", "external_id", number),
                ],
            )
        })?;
        api.quotas.service_added(tx, caller.tenant_id, quota).await?;
        let target = service.id.target();
        let detail = json!({ "plan_id": service.plan_id, "domain": service.domain });
        tx.audit(caller.tenant_id, &caller.origin(), "service.create", &target, detail).await?;
        Ok(present::service(&named))
    })
    .await
}

async fn read(
    api: &Api,
    caller: &Caller,
    request: &v1::CreateServiceRequest,
) -> Result<NamedService, Fault> {
    let mut form = Form::default();
    let plan = plan(api, caller, &request.plan_id, &mut form).await?;
    let domain = form.read("domain", validation::domain(&api.suffixes, &request.domain));
    let external_id = form.read("external_id", validation::external_id(&request.external_id));
    let (Some(plan), Some(domain), Some(external_id)) = (plan, domain, external_id) else {
        return Err(form.fault());
    };
    let service = Service {
        id: ServiceId::generate(),
        tenant_id: caller.tenant_id,
        plan_id: plan.id,
        domain,
        external_id,
        status: ServiceStatus::Created,
    };
    Ok(NamedService { service, account_id: None, plan_name: plan.name })
}

/// The plan that a request names; the form notes if there is none.
async fn plan(
    api: &Api,
    caller: &Caller,
    text: &str,
    form: &mut Form,
) -> Result<Option<Plan>, Fault> {
    let plan = match names::plan(api, caller, "plan_id", text).await {
        Ok(Some(id)) => api.store.plan(caller.tenant_id, id).await?,
        Ok(None) => None,
        Err(fault) if fault.kind == FaultKind::Invalid => {
            form.add("plan_id", "give the id or the name of a plan");
            return Ok(None);
        }
        Err(fault) => return Err(fault),
    };
    if plan.is_none() {
        form.add("plan_id", format!("there is no plan {text}; give one of those that are listed"));
    }
    Ok(plan)
}

pub(crate) async fn get_service(
    api: Api,
    caller: Caller,
    request: v1::GetServiceRequest,
) -> Result<v1::Service, Fault> {
    Ok(present::service(&find(&api, &caller, &request.id).await?))
}

/// The service of the caller's tenant that a request names, and its live account.
async fn find(api: &Api, caller: &Caller, text: &str) -> Result<NamedService, Fault> {
    let service = match names::service(api, caller, "id", text).await? {
        Some(id) => api.store.service(caller.tenant_id, id).await?,
        None => None,
    };
    service.ok_or_else(|| Fault::not_found("service", text))
}

/// A service of the caller's tenant, locked until the transaction ends.
async fn lock(tx: &Tx, caller: &Caller, id: ServiceId) -> Result<Service, Fault> {
    let service = tx.lock_service(id).await?;
    service
        .filter(|it| it.tenant_id == caller.tenant_id)
        .ok_or_else(|| Fault::not_found("service", id))
}

pub(crate) async fn list_services(
    api: Api,
    caller: Caller,
    request: v1::ListServicesRequest,
) -> Result<v1::ListServicesResponse, Fault> {
    let page = validation::page(request.page_size, &request.page_token)?;
    let services = api.store.services(caller.tenant_id, page).await?;
    Ok(v1::ListServicesResponse {
        next_page_token: validation::next_page_token(page, &services, |it| it.service.id.uuid()),
        services: services.iter().map(present::service).collect(),
    })
}
