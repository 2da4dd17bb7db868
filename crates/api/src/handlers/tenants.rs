//! Handlers of tenants: the platform's owners create and see all tenants, other owners see their own.

mod quotas;

use contracts::provisioning::v1;
use model::{fault::Fault, ids::TenantId, tenant::Tenant};
use serde_json::json;

use super::taken;
use crate::{
    caller::{Api, Caller},
    idempotency::{Intent, once},
    names, present, validation,
};

pub(crate) use quotas::{get_tenant_quotas, set_tenant_quotas};

pub(crate) async fn create_tenant(
    api: Api,
    caller: Caller,
    request: v1::CreateTenantRequest,
) -> Result<v1::Tenant, Fault> {
    let name = validation::name(&request.name).map_err(|it| Fault::invalid("name", it))?;
    let tenant = Tenant { id: TenantId::generate(), name, platform: false };
    let intent = Intent { operation: "tenant.create", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        tx.insert_tenant(&tenant).await.map_err(|error| {
            let problem = "another tenant has this name; choose another";
            taken(error, &[("tenants_name_key", "name", problem)])
        })?;
        let target = tenant.id.target();
        let detail = json!({ "name": tenant.name });
        tx.audit(tenant.id, &caller.origin(), "tenant.create", &target, detail).await?;
        Ok(present::tenant(&tenant))
    })
    .await
}

pub(crate) async fn get_tenant(
    api: Api,
    caller: Caller,
    request: v1::GetTenantRequest,
) -> Result<v1::Tenant, Fault> {
    Ok(present::tenant(&find(&api, &caller, "id", &request.id).await?))
}

/// The tenant that `text` in `field` names, if the caller may manage it: the caller's own, or any tenant for the
/// platform's callers.
pub(crate) async fn find(
    api: &Api,
    caller: &Caller,
    field: &str,
    text: &str,
) -> Result<Tenant, Fault> {
    let id = names::tenant(api, field, text).await?.filter(|id| sees(caller, *id));
    let tenant = match id {
        Some(id) => api.store.tenant(id).await?,
        None => None,
    };
    tenant.ok_or_else(|| Fault::not_found("tenant", text))
}

/// The tenant that a request names in `tenant_id`; the caller's own tenant if it names none.
pub(crate) async fn own_or_named(
    api: &Api,
    caller: &Caller,
    named: &str,
) -> Result<TenantId, Fault> {
    if named.is_empty() {
        return Ok(caller.tenant_id);
    }
    Ok(find(api, caller, "tenant_id", named).await?.id)
}

/// Whether the caller may manage a tenant.
pub(crate) fn sees(caller: &Caller, tenant: TenantId) -> bool {
    caller.platform || tenant == caller.tenant_id
}

pub(crate) async fn list_tenants(
    api: Api,
    caller: Caller,
    request: v1::ListTenantsRequest,
) -> Result<v1::ListTenantsResponse, Fault> {
    let page = validation::page(request.page_size, &request.page_token)?;
    let only = (!caller.platform).then_some(caller.tenant_id);
    let tenants = api.store.tenants(only, page).await?;
    Ok(v1::ListTenantsResponse {
        next_page_token: validation::next_page_token(page, &tenants, |it| it.id.uuid()),
        tenants: tenants.iter().map(present::tenant).collect(),
    })
}
