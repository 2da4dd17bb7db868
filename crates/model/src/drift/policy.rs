//! What is done about drift without a person's word.

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};

use crate::words;

/// What is done about drift on one server, besides bringing back what is missing or switched wrongly, which is
/// always done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// About what differs from the account's plan.
    pub terms: TermsPolicy,
    /// About virtual servers that no row claims.
    pub unknown: UnknownPolicy,
}

/// What is done about a virtual server that differs from its account's plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum TermsPolicy {
    /// It is told.
    #[default]
    Report,
    /// Its quota is set again. A feature that is missing is told all the same.
    Heal,
}

/// What is done about a virtual server that no row claims.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum UnknownPolicy {
    /// It is told.
    #[default]
    Report,
    /// It is switched off, and nothing of it is removed.
    Quarantine,
}

/// What brings a difference to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The job `account.heal`.
    Heal,
    /// The same, which sets the quota besides.
    HealTerms,
    /// The job `domain.quarantine`.
    Quarantine,
}

impl Policy {
    /// Whether a remedy is used without a person's word.
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
