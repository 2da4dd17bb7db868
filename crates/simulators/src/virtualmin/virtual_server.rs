//! One virtual server as the simulated panel keeps it.

use serde::{Deserialize, Serialize};

use super::plan::Limits;

/// What kind of virtual server it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Kind {
    /// It has its own administration user.
    #[default]
    TopLevel,
    /// It belongs to the user of another one.
    SubServer {
        /// The domain of the top-level server.
        parent: String,
    },
    /// It shows another one's content.
    Alias {
        /// The domain of the other one.
        of: String,
        /// Whether it has mail of its own.
        own_mail: bool,
    },
}

/// That, when and how a virtual server was disabled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabled {
    /// The `why` of `disable-domain`.
    pub why: Option<String>,
    /// Seconds since 1970.
    pub at: i64,
    /// The features that were switched off.
    pub features: Vec<String>,
}

/// A virtual server. No password is kept, only whether one was given.
///
/// Whatever makes one names the fields that it gives a value, and leaves the rest to the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualServer {
    /// The domain, lower-case ASCII.
    pub domain: String,
    /// Virtualmin's own identifier: digits.
    pub id: String,
    /// Grows with each creation on this server.
    pub serial: u64,
    /// Top-level server, sub-server or alias.
    #[serde(flatten)]
    pub kind: Kind,
    /// The Unix user.
    pub username: String,
    /// The Unix group, which keeps its name when the user is renamed.
    pub group: String,
    /// The prefix of mailbox users.
    pub prefix: String,
    /// The home directory.
    pub home: String,
    /// What `desc` said, or the domain.
    pub description: String,
    /// What `email` said.
    pub email: Option<String>,
    /// The features, in Virtualmin's order.
    pub features: Vec<String>,
    /// The id of the template.
    pub template: String,
    /// The id of the plan.
    pub plan: String,
    /// Quotas and limits.
    pub limits: Limits,
    /// Seconds since 1970.
    pub created_at: i64,
    /// Whether a password was given; sub-servers and aliases have none.
    pub password_set: bool,
    /// How often the password has been set.
    pub password_changes: u32,
    /// Set while it is disabled.
    pub disabled: Option<Disabled>,
    /// When it is to be disabled (seconds since 1970).
    pub disable_scheduled_at: Option<i64>,
    /// `modify-domain --protected`: disabling and deleting it are skipped. `list-domains` does not show it.
    pub protected: bool,
    /// Its creation failed half way.
    pub half_made: bool,
    /// An overlapping mutation has damaged it.
    pub corrupt: bool,
}

impl VirtualServer {
    /// Whether it has `feature`.
    #[must_use]
    pub fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|own| own == feature)
    }

    /// The domain of the server it belongs to, for sub-servers and aliases.
    #[must_use]
    pub fn parent(&self) -> Option<&str> {
        match &self.kind {
            Kind::TopLevel => None,
            Kind::SubServer { parent } => Some(parent),
            Kind::Alias { of, .. } => Some(of),
        }
    }
}
