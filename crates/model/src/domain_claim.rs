//! Who may have a domain that several tenants want.
//!
//! A service holds its domain, and with it the names above and below, for a time before its first activation and from then on
//! until its end. Where tenants meet, control of the domain is proven by a TXT record, or a platform owner decides.

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};
use time::OffsetDateTime;

use crate::{
    account::AccountStatus, domain::DomainName, ids::TenantId, service::ServiceStatus, words,
};

/// How control of a domain was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ProofKind {
    /// By a TXT record with the tenant's token.
    Txt,
    /// By the decision of an owner of the platform.
    Platform,
}

impl ProofKind {
    /// Every kind.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What is known of a domain when a tenant activates a service for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The tenant has a proof that has not lapsed.
    pub proven: bool,
    /// Another tenant holds the domain, or a name above or below it, or has proven control of it.
    pub claimed: bool,
    /// The platform's owner has given the domain to another tenant, which makes use of that.
    pub decided: bool,
    /// Another tenant has a live account with the domain.
    pub live_elsewhere: bool,
    /// The tenant itself has a live account with the domain, which another of its services left.
    pub live_here: bool,
}

/// Whether a tenant may have a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing speaks against it.
    Free,
    /// An account of the tenant still has it.
    StillHere,
    /// Only with a proof of control.
    Unproven,
    /// Not even with a proof: the platform's owner decides.
    InUse,
}

impl Standing {
    /// The verdict. Who has proven nothing learns only that a proof is needed, whatever another tenant has.
    pub fn verdict(self) -> Verdict {
        let Self { proven, claimed, decided, live_elsewhere, live_here } = self;
        let taken = decided || live_elsewhere;
        match (claimed || taken, proven) {
            _ if live_here => Verdict::StillHere,
            (true, false) => Verdict::Unproven,
            (true, true) if taken => Verdict::InUse,
            _ => Verdict::Free,
        }
    }
}

/// The record that proves that a tenant controls a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The name of the TXT record.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Challenge {
    /// The record for a domain with a token.
    pub fn new(domain: &DomainName, token: &str) -> Self {
        Self {
            name: format!("_praho-challenge.{domain}"),
            text: format!("praho-domain-verification={token}"),
        }
    }

    /// What a token is derived for: a tenant's token for one domain proves nothing for another tenant or domain.
    pub fn context(tenant: TenantId, domain: &DomainName) -> String {
        format!("{}/{}", tenant.target(), domain.target())
    }
}

/// A tenant's proof of control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainProof {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The name of the tenant.
    pub tenant_name: String,
    /// How control was shown.
    pub how: ProofKind,
    /// When that was.
    pub at: OffsetDateTime,
}

/// A service for a domain, as the platform's owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainClaim {
    /// Its tenant.
    pub tenant_id: TenantId,
    /// The name of its tenant.
    pub tenant_name: String,
    /// The domain of the service, which may lie above or below the one in question.
    pub domain: String,
    /// The state of the service.
    pub status: ServiceStatus,
    /// Whether it holds the domain, or its hold has lapsed.
    pub holds: bool,
    /// The status of its live account, if it has one.
    pub account: Option<AccountStatus>,
    /// When it was created.
    pub created_at: OffsetDateTime,
}

#[cfg(test)]
mod tests;
