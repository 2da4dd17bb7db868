//! Hosting companies, and the tokens that their programs and people call with.

use time::OffsetDateTime;

use crate::{
    ids::{ApiTokenId, TenantId},
    role::Role,
};

/// A hosting company that uses the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name, unique: a DNS label in lower case.
    pub name: String,
    /// Whether its owners look after the platform: tenants, and the tokens of all.
    pub platform: bool,
}

/// A bearer token, without what calls are made with: nobody keeps that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// Its id.
    pub id: ApiTokenId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// What it is for, in the tenant's words.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it ends by itself, if it does.
    pub expires_at: Option<OffsetDateTime>,
    /// When it was ended, if it was.
    pub revoked_at: Option<OffsetDateTime>,
}
