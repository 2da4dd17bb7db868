//! Handlers of tenants' quotas: the platform's owners set them, and a tenant's owners see their own.

use std::collections::BTreeMap;

use contracts::provisioning::v1;
use model::{
    fault::Fault,
    ids::TenantId,
    tenant::Tenant,
    tenant_quota::{EachQuota, TenantQuota},
};
use store::tenant_quotas::OwnQuotas;

use super::find;
use crate::{
    caller::{Api, Caller},
    forms::{QUOTA, QUOTA_OF_CALLS},
    idempotency::{Intent, once},
    present,
    validation::{self, Form},
};

pub(crate) async fn get_tenant_quotas(
    api: Api,
    caller: Caller,
    request: v1::GetTenantQuotasRequest,
) -> Result<v1::TenantQuotas, Fault> {
    let tenant = find(&api, &caller, "id", &request.id).await?;
    let own = api.store.quotas(tenant.id).await?;
    let quotas = own.or(&api.quotas.defaults);
    let uses = api.store.uses(tenant.id, &one_more_each(&quotas)).await?;
    Ok(answer(&tenant, &own, &quotas, &uses))
}

pub(crate) async fn set_tenant_quotas(
    api: Api,
    caller: Caller,
    request: v1::SetTenantQuotasRequest,
) -> Result<v1::TenantQuotas, Fault> {
    let tenant = find(&api, &caller, "id", &request.id).await?;
    let id: TenantId = tenant.id;
    let changes = read(&request)?;
    let intent = Intent { operation: "tenant.quotas", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        let before = tx.lock_quotas(id).await?;
        let change = |quota| changes.get(&quota).copied();
        let own = OwnQuotas::of(|quota| change(quota).unwrap_or(before.get(quota)));
        if own != before {
            tx.set_quotas(id, &own).await?;
            let detail = serde_json::to_value(&changes).map_err(Fault::internal)?;
            tx.audit(id, &caller.origin(), "tenant.quotas", &id.target(), detail).await?;
        }
        let quotas = own.or(&api.quotas.defaults);
        let uses = tx.uses(id, &one_more_each(&quotas)).await?;
        Ok(answer(&tenant, &own, &quotas, &uses))
    })
    .await
}

/// The quotas to change; `None` for those that are the default again.
fn read(request: &v1::SetTenantQuotasRequest) -> Result<BTreeMap<TenantQuota, Option<u32>>, Fault> {
    let mut form = Form::default();
    let mut changes = BTreeMap::new();
    let given = EachQuota::of(|quota| match quota {
        TenantQuota::Servers => request.servers,
        TenantQuota::DnsServers => request.dns_servers,
        TenantQuota::Plans => request.plans,
        TenantQuota::Tokens => request.tokens,
        TenantQuota::Services => request.services,
        TenantQuota::OpenJobs => request.open_jobs,
        TenantQuota::Requests => request.requests,
    });
    for quota in TenantQuota::ALL {
        if let Some(number) = given.get(quota) {
            let range = if quota == TenantQuota::Requests { QUOTA_OF_CALLS } else { QUOTA };
            form.read(quota.as_str(), validation::number(number.into(), &range));
            changes.insert(quota, Some(number));
        }
    }
    for name in &request.to_default {
        match name.parse::<TenantQuota>() {
            Ok(quota) if changes.insert(quota, None).is_some_and(|it| it.is_some()) => {
                form.add(
                    "to_default",
                    format!("names {name}, which is given too; choose one of the two"),
                );
            }
            Ok(_) => {}
            Err(_) => {
                let names = TenantQuota::ALL.map(TenantQuota::as_str).join(", ");
                form.add("to_default", format!("holds one that is no quota; choose from {names}"));
            }
        }
    }
    if form.is_good() { Ok(changes) } else { Err(form.fault()) }
}

/// How far to count, in order to see more than a quota.
fn one_more_each(quotas: &EachQuota<u32>) -> EachQuota<u32> {
    EachQuota::of(|quota| quotas.get(quota).saturating_add(1))
}

fn answer(
    tenant: &Tenant,
    own: &OwnQuotas,
    quotas: &EachQuota<u32>,
    uses: &EachQuota<u32>,
) -> v1::TenantQuotas {
    let quota = |it| {
        let used = (it != TenantQuota::Requests).then(|| uses.get(it));
        present::tenant_quota(it, quotas.get(it), own.get(it).is_none(), used)
    };
    v1::TenantQuotas {
        tenant_id: tenant.id.to_string(),
        tenant_name: tenant.name.clone(),
        quotas: TenantQuota::ALL.map(quota).to_vec(),
    }
}
