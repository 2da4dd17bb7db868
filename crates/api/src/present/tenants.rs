//! Turns tenants into messages.

use contracts::{moment::to_timestamp, provisioning::v1};
use model::tenant::Tenant;

pub(crate) fn tenant(tenant: &Tenant) -> v1::Tenant {
    v1::Tenant {
        id: tenant.id.to_string(),
        name: tenant.name.clone(),
        platform: tenant.platform,
        created_at: Some(to_timestamp(tenant.id.created_at())),
    }
}
