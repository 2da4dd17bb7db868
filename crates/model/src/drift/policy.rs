//! The remedies for drift that are used without a decision by a person.

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};

use crate::words;

/// The remedies for drift on one server. Missing or wrongly switched virtual servers are always healed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The policy about differences from the account's plan.
    pub terms: TermsPolicy,
    /// The policy about virtual servers that no row claims.
    pub unknown: UnknownPolicy,
}

/// The remedy for a virtual server that differs from its account's plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum TermsPolicy {
    /// The difference is reported.
    #[default]
    Report,
    /// The quota is set again. A missing feature is still only reported.
    Heal,
}

/// The remedy for a virtual server that no row claims.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum UnknownPolicy {
    /// The virtual server is reported.
    #[default]
    Report,
    /// The virtual server is switched off, and nothing in it is deleted.
    Quarantine,
}

/// The job that ends a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The job `account.heal`.
    Heal,
    /// The job `account.heal`, with the quota set again too.
    HealTerms,
    /// The job `domain.quarantine`.
    Quarantine,
}

impl Policy {
    /// Whether a remedy is used without a decision by a person.
    pub fn allows(self, remedy: Remedy) -> bool {
        match remedy {
            Remedy::Heal => true,
            Remedy::HealTerms => self.terms == TermsPolicy::Heal,
            Remedy::Quarantine => self.unknown == UnknownPolicy::Quarantine,
        }
    }
}

impl TermsPolicy {
    /// Every policy.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl UnknownPolicy {
    /// Every policy.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
