//! Turns services into messages.

use contracts::{moment::to_timestamp, provisioning::v1};
use store::services::NamedService;

pub(crate) fn service(named: &NamedService) -> v1::Service {
    let NamedService { service, account_id, plan_name } = named;
    v1::Service {
        id: service.id.to_string(),
        plan_id: service.plan_id.to_string(),
        domain: service.domain.to_string(),
        external_id: service.external_id.clone().unwrap_or_default(),
        status: service.status.as_str().to_owned(),
        account_id: account_id.map(|id| id.to_string()).unwrap_or_default(),
        created_at: Some(to_timestamp(service.id.created_at())),
        plan_name: plan_name.clone(),
    }
}
