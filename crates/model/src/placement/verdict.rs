//! The verdict on one server: chosen, or the reason why not, as a word and as a sentence.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::{ids::ServerId, plan::Feature, server::ServerStatus};

/// The verdict on one server, with the figures at that moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The judged server.
    pub server_id: ServerId,
    /// Its name at that moment.
    pub server_name: String,
    /// The number of its accounts, reserved places included, before this one.
    pub accounts: u32,
    /// The most accounts that it may have.
    pub capacity: u32,
    /// The share of its capacity in use, rounded down; `None` without a capacity.
    pub load_percent: Option<u64>,
    /// Whether the server was chosen, or the reason why not.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Whether a server was chosen, or the reason why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// The server takes the account.
    Chosen,
    /// The server could take the account, but another is less loaded.
    MoreLoaded,
    /// The server could take the account later, but it is out of service and another is not.
    OutOfService,
    /// The server takes no accounts in its status.
    NotActive {
        /// The server's status.
        status: ServerStatus,
    },
    /// The server lacks required tags.
    MissingTags {
        /// The missing tags.
        tags: BTreeSet<String>,
    },
    /// The host is known to lack features of the plan.
    MissingFeatures {
        /// The missing features.
        features: BTreeSet<Feature>,
    },
    /// The host is known to keep no quotas, and its policy refuses limits that are not enforced.
    NoQuotas {
        /// The limit that would not be enforced, in MiB of disk space.
        disk_mib: u64,
    },
    /// The server already has as many accounts as placement puts on it.
    Full {
        /// That number, see [`usable`](super::usable).
        usable: u32,
    },
}

impl Outcome {
    /// The stable name.
    pub fn as_str(&self) -> &'static str {
        self.into()
    }
}

/// The verdict as it follows the name of the server: "lacks the feature mysql".
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chosen => f.write_str("is chosen"),
            Self::MoreLoaded => f.write_str("is more loaded than the chosen one"),
            Self::OutOfService => f.write_str("is out of service"),
            Self::NotActive { status } => write!(f, "is {}", status.as_str()),
            Self::MissingTags { tags } => {
                let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
                lacks(f, "tag", &tags)
            }
            Self::MissingFeatures { features } => {
                let features: Vec<&str> = features.iter().map(|it| it.as_str()).collect();
                lacks(f, "feature", &features)
            }
            Self::NoQuotas { disk_mib } => write!(
                f,
                "keeps no quotas, so that nothing would enforce the limit of {disk_mib} MiB of disk space"
            ),
            Self::Full { usable } => write!(f, "is full: placement puts {usable} accounts on it"),
        }
    }
}

fn lacks(f: &mut fmt::Formatter<'_>, noun: &str, words: &[&str]) -> fmt::Result {
    let plural = if words.len() == 1 { "" } else { "s" };
    write!(f, "lacks the {noun}{plural} {}", words.join(", "))
}
