//! Drift: where a server is not as our rows say, and whether a listing can be believed at all.
//!
//! Pure: what is wanted and what was seen go in, differences come out, and what
//! a server's policy lets be done about them.

mod compare;
mod doubt;
mod policy;

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

pub use compare::{compare, keeps_quotas};
pub use doubt::{Doubt, Tolerance, believe, unclaimed};
pub use policy::{Policy, Remedy, TermsPolicy, UnknownPolicy};

/// A virtual server as an account's row wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The account.
    pub account_id: AccountId,
    /// Its domain.
    pub domain: DomainName,
    /// Its Unix user.
    pub username: Option<Username>,
    /// Its disk space in MiB.
    pub disk_mib: Limit,
    /// What is switched on in it.
    pub features: BTreeSet<Feature>,
    /// Whether it is to be switched off.
    pub disabled: bool,
    /// Whether row and server had time to agree: no job is at work on it, and none was since the listing was
    /// asked for. One that is not settled is not judged, and what it has on the server is not unknown.
    pub settled: bool,
}

/// A virtual server as its host lists it. Names are unique in one listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its domain.
    pub domain: String,
    /// Whether it has an administrator of its own. Sub-servers and aliases are their owner's business.
    pub top_level: bool,
    /// Its description: ours is our marker.
    pub marker: String,
    /// Its administrator.
    pub username: String,
    /// The quota in units of 1 KiB; `None` where the host keeps no quotas.
    pub quota_kib: Option<Limit>,
    /// What is switched on in it, by Virtualmin's names.
    pub features: BTreeSet<String>,
    /// Whether it is switched off.
    pub disabled: bool,
}

/// One way in which a server is not as our rows say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The account; none where no row of ours claims the domain.
    pub account_id: Option<AccountId>,
    /// The domain.
    pub domain: String,
    /// What differs.
    pub field: Field,
    /// As the rows want it.
    pub wanted: String,
    /// As the server shows it.
    pub seen: String,
}

/// A difference as it is remembered: one for each account, domain and field of a server while it is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its id.
    pub id: FindingId,
    /// Whose server it is.
    pub tenant_id: TenantId,
    /// The server.
    pub server_id: ServerId,
    /// What was found last.
    pub difference: Difference,
    /// How bad it is.
    pub severity: Severity,
    /// How many sweeps have found it.
    pub count: u32,
    /// When it was found first.
    pub first_seen_at: OffsetDateTime,
    /// When it was found last.
    pub last_seen_at: OffsetDateTime,
    /// When a sweep found it no more.
    pub closed_at: Option<OffsetDateTime>,
    /// The last job that was filed to heal it.
    pub job_id: Option<JobId>,
    /// Who accepted it, and when: it is left alone until it changes.
    pub accepted: Option<Acceptance>,
}

/// How a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum FindingStatus {
    /// Somebody or a job has to see to it.
    Open,
    /// It is there still, and a person has said that it may.
    Accepted,
    /// It is there no more.
    Closed,
}

impl Finding {
    /// How it stands.
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

/// When a server is looked at, and how that went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// What is done about drift on it.
    pub policy: Policy,
    /// When it is next looked at.
    pub due_at: OffsetDateTime,
    /// When it was looked at last.
    pub swept_at: Option<OffsetDateTime>,
    /// Checks of its health that failed in a row.
    pub failures: u32,
    /// Why the last one failed.
    pub last_error: Option<String>,
}

/// A person's word that a difference may stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Who, such as `token:0190…`.
    pub actor: String,
    /// When.
    pub at: OffsetDateTime,
}

/// What can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Field {
    /// The virtual server is not there.
    Existence,
    /// Its domain is there without our marker.
    Owner,
    /// Ours is there under another domain.
    Name,
    /// It is switched on and should be off, or the other way round.
    Status,
    /// Its administrator is another.
    User,
    /// Its disk quota is another.
    Quota,
    /// It lacks a feature of its plan.
    Features,
    /// A virtual server that no row of ours claims.
    Unknown,
    /// The host keeps no quotas, so that no limit on disk space is enforced on the whole server.
    QuotaSupport,
    /// The listing as a whole is not to be believed, see [`Doubt`].
    Listing,
}

/// How bad a difference is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Someone gets something else than was sold.
    Warning,
    /// A customer's site is down, or works that should not, or the server cannot be believed.
    Critical,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// How bad it is.
    pub fn severity(self) -> Severity {
        match self {
            Self::Existence | Self::Owner | Self::Name | Self::Status | Self::Listing => {
                Severity::Critical
            }
            Self::User | Self::Quota | Self::Features | Self::QuotaSupport => Severity::Warning,
            Self::Unknown => Severity::Info,
        }
    }

    /// The job that brings it back, where one can. For everything else a person has to look.
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
