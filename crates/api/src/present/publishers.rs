//! Turns publishers into messages.

use contracts::{moment::to_timestamp, provisioning::v1};
use model::tenant::Publisher;

pub(crate) fn publisher(publisher: &Publisher) -> v1::Publisher {
    v1::Publisher {
        id: publisher.id.to_string(),
        tenant_id: publisher.tenant_id.to_string(),
        user_name: publisher.user_name.clone(),
        role: publisher.role.as_str().to_owned(),
        created_at: Some(to_timestamp(publisher.id.created_at())),
    }
}
