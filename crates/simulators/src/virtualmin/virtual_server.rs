//! One virtual server in the state of the simulated panel.

use serde::{Deserialize, Serialize};

use super::contents::Contents;
use super::plan::Limits;

/// The kind of a virtual server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Kind {
    /// A server with its own administration user.
    #[default]
    TopLevel,
    /// A server that belongs to the user of a top-level server.
    SubServer {
        /// The domain of the top-level server.
        parent: String,
    },
    /// A server that shows another server's content.
    Alias {
        /// The domain of the other server.
        of: String,
        /// Whether it has mail of its own.
        own_mail: bool,
    },
}

/// When and how a virtual server was disabled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabled {
    /// The parameter `why` of `disable-domain`.
    pub why: Option<String>,
    /// When it was disabled, in seconds since 1970.
    pub at: i64,
    /// The features that were switched off.
    pub features: Vec<String>,
}

/// A virtual server. Its password is not stored here, only whether one was given.
///
/// Its makers name the fields that they set, and leave the others to the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualServer {
    /// The domain, lower-case ASCII.
    pub domain: String,
    /// Virtualmin's own id, made of digits.
    pub id: String,
    /// The number of its creation on this server, which only grows.
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
    /// The description: the parameter `desc`, or the domain.
    pub description: String,
    /// The e-mail address: the parameter `email`.
    pub email: Option<String>,
    /// The features, in Virtualmin's order.
    pub features: Vec<String>,
    /// The id of the template.
    pub template: String,
    /// The id of the plan.
    pub plan: String,
    /// Quotas and limits.
    pub limits: Limits,
    /// The time of creation, in seconds since 1970.
    pub created_at: i64,
    /// Whether a password was given; sub-servers and aliases have none.
    pub password_set: bool,
    /// How often the password was set.
    pub password_changes: u32,
    /// Present while it is disabled.
    pub disabled: Option<Disabled>,
    /// When it will be disabled, in seconds since 1970.
    pub disable_scheduled_at: Option<i64>,
    /// Set by `modify-domain --protected`: programs then skip disabling and deleting it. `list-domains` does not
    /// show it.
    pub protected: bool,
    /// What programs added to it.
    #[serde(default)]
    pub contents: Contents,
    /// Whether its creation failed half way.
    pub half_made: bool,
    /// Whether an overlapping mutation has damaged it.
    pub corrupt: bool,
}

impl VirtualServer {
    /// Whether it has `feature`.
    #[must_use]
    pub fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|own| own == feature)
    }

    /// The address of its owner: the one given, or else that of its user, on the machine `hostname` if it has no mail.
    pub(super) fn contact(&self, hostname: &str) -> String {
        let host = if self.has("mail") { &self.domain } else { hostname };
        self.email.clone().unwrap_or_else(|| format!("{}@{host}", self.username))
    }

    /// The domain of the server that a sub-server or alias belongs to.
    #[must_use]
    pub fn parent(&self) -> Option<&str> {
        match &self.kind {
            Kind::TopLevel => None,
            Kind::SubServer { parent } => Some(parent),
            Kind::Alias { of, .. } => Some(of),
        }
    }
}
