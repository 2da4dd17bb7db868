//! Hosting companies, and what their programs and people show: API tokens, and users of the broker.

use time::OffsetDateTime;

use crate::{
    ids::{ApiTokenId, PublisherId, TenantId},
    role::Role,
};

/// A hosting company that uses the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// The id of the tenant.
    pub id: TenantId,
    /// The unique name: a DNS label in lower case.
    pub name: String,
    /// Whether this is the platform's tenant, whose owners manage tenants and the tokens of all.
    pub platform: bool,
}

/// A bearer token without its secret, which is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// The id of the token, not the token itself.
    pub id: ApiTokenId,
    /// The tenant of the token.
    pub tenant_id: TenantId,
    /// The purpose, in the tenant's words.
    pub name: String,
    /// The rights of the token.
    pub role: Role,
    /// The time after which the token is no longer valid, if it expires.
    pub expires_at: Option<OffsetDateTime>,
    /// The time of the revocation, if the token was revoked.
    pub revoked_at: Option<OffsetDateTime>,
}

/// A user of the broker whose commands act for a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publisher {
    /// The id of the publisher.
    pub id: PublisherId,
    /// The tenant that the commands act for.
    pub tenant_id: TenantId,
    /// The name of the user in RabbitMQ.
    pub user_name: String,
    /// What the user may command.
    pub role: Role,
}
