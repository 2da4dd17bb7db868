//! Turns tenants into messages.

use contracts::{moment::to_timestamp, provisioning::v1};
use model::{tenant::Tenant, tenant_quota::TenantQuota};

pub(crate) fn tenant(tenant: &Tenant) -> v1::Tenant {
    v1::Tenant {
        id: tenant.id.to_string(),
        name: tenant.name.clone(),
        platform: tenant.platform,
        created_at: Some(to_timestamp(tenant.id.created_at())),
    }
}

/// A quota, with what was counted up to one more than it.
pub(crate) fn tenant_quota(
    what: TenantQuota,
    quota: u32,
    is_default: bool,
    used: Option<u32>,
) -> v1::TenantQuota {
    v1::TenantQuota {
        name: what.as_str().to_owned(),
        quota,
        is_default,
        used: used.map(|it| it.min(quota)),
        uses_more: used.is_some_and(|it| it > quota),
    }
}
