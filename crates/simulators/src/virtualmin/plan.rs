//! Account plans and the limits that they give to a virtual server.

use serde::{Deserialize, Serialize};

/// Quotas and limits; the default has none. A quota of 0, and a limit of `None`, mean unlimited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Disk quota of the whole server, in blocks of 1 KiB.
    pub quota_blocks: u64,
    /// Disk quota of the administration user, in blocks of 1 KiB.
    pub user_quota_blocks: u64,
    /// Bandwidth in bytes.
    pub bandwidth_bytes: u64,
    /// Number of mailboxes.
    pub mailboxes: Option<u64>,
    /// Number of databases.
    pub databases: Option<u64>,
    /// Number of mail aliases.
    pub aliases: Option<u64>,
    /// Number of sub-servers; with 0 none can be created.
    pub sub_servers: Option<u64>,
    /// Number of alias servers.
    pub alias_servers: Option<u64>,
    /// Number of sub-servers that are not aliases.
    pub real_servers: Option<u64>,
}

impl Limits {
    /// The number that a program calls so after `--max-`.
    pub(super) fn count(&mut self, name: &str) -> Option<&mut Option<u64>> {
        Some(match name {
            "mailbox" => &mut self.mailboxes,
            "alias" => &mut self.aliases,
            "dbs" => &mut self.databases,
            "doms" => &mut self.sub_servers,
            "aliasdoms" => &mut self.alias_servers,
            "realdoms" => &mut self.real_servers,
            _ => return None,
        })
    }
}

/// An account plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The id, which is digits; `list-plans` shows it as the object's name.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// The limits of a virtual server with this plan.
    pub limits: Limits,
    /// The allowed features; `None` is automatic.
    pub features: Option<Vec<String>>,
}

impl Plan {
    /// The plan of a new Virtualmin: 2 GiB, and no sub-servers.
    #[must_use]
    pub fn default_plan() -> Self {
        let limits = Limits {
            quota_blocks: 2_097_152,
            user_quota_blocks: 2_097_152,
            sub_servers: Some(0),
            ..Limits::default()
        };
        Self { id: "0".into(), name: "Default Plan".into(), limits, features: None }
    }

    /// Whether `wanted` is the plan's id, or its name in upper or lower case.
    #[must_use]
    pub fn answers_to(&self, wanted: &str) -> bool {
        self.id == wanted || self.name.eq_ignore_ascii_case(wanted)
    }
}
