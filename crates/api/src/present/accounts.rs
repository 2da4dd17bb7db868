//! Turns accounts into messages.

use contracts::{moment::to_timestamp, provisioning::v1};
use model::account::Account;

pub(crate) fn account(account: &Account) -> v1::Account {
    v1::Account {
        id: account.id.to_string(),
        service_id: account.service_id.to_string(),
        plan_id: account.plan_id.to_string(),
        server_id: account.server_id.to_string(),
        domain: account.domain.to_string(),
        username: account.username.as_ref().map(ToString::to_string).unwrap_or_default(),
        status: account.status.as_str().to_owned(),
        protected: account.protected,
        placement: account.placement.to_string(),
        created_at: Some(to_timestamp(account.id.created_at())),
        updated_at: Some(to_timestamp(account.updated_at)),
    }
}
