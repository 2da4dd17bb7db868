//! Handlers of services: a service is a plan sold to a customer, in the state that billing wants.

use contracts::provisioning::v1;
use model::{
    fault::Fault,
    ids::{AccountId, PlanId, ServiceId},
    service::{Service, ServiceStatus},
};
use serde_json::json;
use store::Tx;

use super::taken;
use crate::{
    caller::{Api, Caller},
    idempotency::{Intent, once},
    present,
    validation::{self, Form},
};

mod activate;
mod change;

pub(crate) use activate::*;
pub(crate) use change::*;

pub(crate) async fn create_service(
    api: Api,
    caller: Caller,
    request: v1::CreateServiceRequest,
) -> Result<v1::Service, Fault> {
    let service = read(&api, &caller, &request).await?;
    let intent =
        Intent { operation: "service.create", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        tx.insert_service(&service).await.map_err(|error| {
            let domain = "a service for this domain is there already; terminate it first";
            let number = "another service has this number; give each its own";
            taken(
                error,
                &[
                    ("services_domain", "domain", domain),
                    ("services_external", "external_id", number),
                ],
            )
        })?;
        let target = service.id.target();
        let detail = json!({ "plan_id": service.plan_id, "domain": service.domain });
        tx.audit(caller.tenant_id, &caller.origin(), "service.create", &target, detail).await?;
        Ok(present::service(&service, None))
    })
    .await
}

async fn read(
    api: &Api,
    caller: &Caller,
    request: &v1::CreateServiceRequest,
) -> Result<Service, Fault> {
    let mut form = Form::default();
    let mut plan_id = form.read("plan_id", request.plan_id.parse::<PlanId>());
    let domain = form.read("domain", validation::domain(&api.suffixes, &request.domain));
    let external_id = form.read("external_id", validation::external_id(&request.external_id));
    if let Some(id) = plan_id
        && api.store.plan(caller.tenant_id, id).await?.is_none()
    {
        form.add("plan_id", format!("there is no plan {id}; give one of those that are listed"));
        plan_id = None;
    }
    let (Some(plan_id), Some(domain), Some(external_id)) = (plan_id, domain, external_id) else {
        return Err(form.fault());
    };
    Ok(Service {
        id: ServiceId::generate(),
        tenant_id: caller.tenant_id,
        plan_id,
        domain,
        external_id,
        status: ServiceStatus::Created,
    })
}

pub(crate) async fn get_service(
    api: Api,
    caller: Caller,
    request: v1::GetServiceRequest,
) -> Result<v1::Service, Fault> {
    let (service, account) = find(&api, &caller, validation::id(&request.id)?).await?;
    Ok(present::service(&service, account))
}

/// A service of the caller's tenant, and its live account.
async fn find(
    api: &Api,
    caller: &Caller,
    id: ServiceId,
) -> Result<(Service, Option<AccountId>), Fault> {
    let service = api.store.service(caller.tenant_id, id).await?;
    service.ok_or_else(|| Fault::not_found("service", id))
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
        next_page_token: validation::next_page_token(page, &services, |(it, _)| it.id.uuid()),
        services: services.iter().map(|(it, account)| present::service(it, *account)).collect(),
    })
}
