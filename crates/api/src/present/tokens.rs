//! Turns API tokens, without their secrets, into messages.

use contracts::{moment::to_timestamp, provisioning::v1};
use model::tenant::ApiToken;

pub(crate) fn token(token: &ApiToken) -> v1::Token {
    v1::Token {
        id: token.id.to_string(),
        tenant_id: token.tenant_id.to_string(),
        name: token.name.clone(),
        role: token.role.as_str().to_owned(),
        created_at: Some(to_timestamp(token.id.created_at())),
        expires_at: token.expires_at.map(to_timestamp),
        revoked_at: token.revoked_at.map(to_timestamp),
    }
}
