//! Turns services into messages.

use contracts::{moment::to_timestamp, provisioning::v1};
use model::{ids::AccountId, service::Service};

/// A service with the id of its live account.
pub(crate) fn service(service: &Service, account: Option<AccountId>) -> v1::Service {
    v1::Service {
        id: service.id.to_string(),
        plan_id: service.plan_id.to_string(),
        domain: service.domain.to_string(),
        external_id: service.external_id.clone().unwrap_or_default(),
        status: service.status.as_str().to_owned(),
        account_id: account.map(|id| id.to_string()).unwrap_or_default(),
        created_at: Some(to_timestamp(service.id.created_at())),
    }
}
