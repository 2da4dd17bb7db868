//! Finds drift, the differences between a server and our rows, and judges whether a listing can be trusted.
//!
//! This module is pure: from the wanted and the listed state it computes the differences, and the remedies
//! that a server's policy allows.

mod compare;
mod doubt;
mod policy;
mod quotas;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};
use time::OffsetDateTime;

use crate::{
    domain::DomainName,
    ids::{AccountId, FindingId, JobId, ServerId, TenantId},
    plan::Feature,
    quota::Limit,
    username::Username,
    words,
};

pub use compare::compare;
pub use doubt::{Doubt, Tolerance, believe, unclaimed};
pub use policy::{Policy, Remedy, TermsPolicy, UnknownPolicy};
pub use quotas::{keeps_quotas, unenforced_quotas};

/// A virtual server as an account's row wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The account of the virtual server.
    pub account_id: AccountId,
    /// The main domain of the account.
    pub domain: DomainName,
    /// The Unix user of its administrator, if one is chosen.
    pub username: Option<Username>,
    /// The disk space in MiB.
    pub disk_mib: Limit,
    /// The features of the account's plan.
    pub features: BTreeSet<Feature>,
    /// Whether the virtual server is to be switched off.
    pub disabled: bool,
    /// Whether row and server had time to agree: no job works on the account, and none did since the listing
    /// was requested. An unsettled account is not judged, and its virtual server does not count as unknown.
    pub settled: bool,
}

/// A virtual server as its host lists it. Names are unique in one listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The domain as the host lists it.
    pub domain: String,
    /// Whether the virtual server has an administrator of its own. Sub-servers and aliases are their owner's
    /// business.
    pub top_level: bool,
    /// The description, which is our mark if the virtual server is ours.
    pub marker: String,
    /// The user name of its administrator.
    pub username: String,
    /// The quota in units of 1 KiB; `None` if the host keeps no quotas.
    pub quota_kib: Option<Limit>,
    /// The features that are on, by Virtualmin's names.
    pub features: BTreeSet<String>,
    /// Whether the virtual server is switched off.
    pub disabled: bool,
}

/// One difference between a server and our rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The account; `None` if no row of ours claims the domain.
    pub account_id: Option<AccountId>,
    /// The domain of the virtual server; empty if the difference concerns the whole server.
    pub domain: String,
    /// The field that differs.
    pub field: Field,
    /// The value in the rows.
    pub wanted: String,
    /// The value on the server.
    pub seen: String,
}

/// A difference that is kept: one for each account, domain and field of a server while it is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The id of the finding.
    pub id: FindingId,
    /// The tenant that owns the server.
    pub tenant_id: TenantId,
    /// The server with the difference.
    pub server_id: ServerId,
    /// The name of that server.
    pub server_name: String,
    /// The difference at the last sweep that found it.
    pub difference: Difference,
    /// The severity of the difference.
    pub severity: Severity,
    /// The number of sweeps that found the difference.
    pub count: u32,
    /// The time of the first sweep that found it.
    pub first_seen_at: OffsetDateTime,
    /// The time of the last sweep that found it.
    pub last_seen_at: OffsetDateTime,
    /// The time of the sweep that no longer found it.
    pub closed_at: Option<OffsetDateTime>,
    /// The last job that was filed to heal the difference.
    pub job_id: Option<JobId>,
    /// The acceptance by a person; the finding then rests until it changes.
    pub accepted: Option<Acceptance>,
}

/// The state of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum FindingStatus {
    /// A person or a job has to act.
    Open,
    /// The difference still exists, and a person has accepted it.
    Accepted,
    /// The difference is gone.
    Closed,
}

impl Finding {
    /// The state of the finding.
    pub fn status(&self) -> FindingStatus {
        match (self.closed_at, &self.accepted) {
            (Some(_), _) => FindingStatus::Closed,
            (None, Some(_)) => FindingStatus::Accepted,
            (None, None) => FindingStatus::Open,
        }
    }
}

impl FindingStatus {
    /// Every status.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The schedule of a server's sweeps, and the result of the last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The policy about drift on the server.
    pub policy: Policy,
    /// The time of the next sweep.
    pub due_at: OffsetDateTime,
    /// The time of the last sweep.
    pub swept_at: Option<OffsetDateTime>,
    /// The number of failed health checks in a row.
    pub failures: u32,
    /// The reason of the last failed check.
    pub last_error: Option<String>,
}

/// A person's acceptance of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// The actor, such as `token:0190…`.
    pub actor: String,
    /// The time of the acceptance.
    pub at: OffsetDateTime,
}

/// A field that can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Field {
    /// The virtual server is missing.
    Existence,
    /// The domain exists on the server without our mark.
    Owner,
    /// Our virtual server exists under another domain.
    Name,
    /// The virtual server is on and should be off, or the other way round.
    Status,
    /// The administrator is another.
    User,
    /// The disk quota is another.
    Quota,
    /// A feature of the plan is missing.
    Features,
    /// No row of ours claims the virtual server.
    Unknown,
    /// The host keeps no quotas, so that no limit on disk space is enforced on the whole server, and the server's
    /// policy does not accept that.
    QuotaSupport,
    /// The listing as a whole cannot be trusted, see [`Doubt`].
    Listing,
}

/// The severity of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// A customer gets something else than was sold.
    Warning,
    /// A customer's site is down, or is up and should not be, or the server's listing cannot be trusted.
    Critical,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The severity of a difference in this field.
    pub fn severity(self) -> Severity {
        match self {
            Self::Existence | Self::Owner | Self::Name | Self::Status | Self::Listing => {
                Severity::Critical
            }
            Self::User | Self::Quota | Self::Features | Self::QuotaSupport => Severity::Warning,
            Self::Unknown => Severity::Info,
        }
    }

    /// The remedy of a difference in this field; `None` if only a person can resolve it.
    pub fn remedy(self) -> Option<Remedy> {
        match self {
            Self::Existence | Self::Status => Some(Remedy::Heal),
            Self::Quota => Some(Remedy::HealTerms),
            Self::Unknown => Some(Remedy::Quarantine),
            Self::Owner
            | Self::Name
            | Self::User
            | Self::Features
            | Self::QuotaSupport
            | Self::Listing => None,
        }
    }
}

impl Severity {
    /// Every severity.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests;
