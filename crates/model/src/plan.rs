//! What a hosting company sells.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};

use crate::{
    ids::{PlanId, TenantId},
    quota::Limit,
    server::ServerKind,
    words,
};

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// Who sells it.
    pub tenant_id: TenantId,
    /// Its name, unique for the tenant.
    pub name: String,
    /// What an account on it gets.
    pub terms: PlanTerms,
}

/// What an account on a plan gets; copied to the account when it is placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanTerms {
    /// Disk space in MiB.
    pub disk_mib: Limit,
    /// Transfer a month in MiB.
    pub bandwidth_mib: Limit,
    /// Mailboxes.
    pub mailboxes: Limit,
    /// Databases.
    pub databases: Limit,
    /// What is switched on.
    pub features: BTreeSet<Feature>,
    /// Tags a server must have to carry it.
    pub server_tags: BTreeSet<String>,
}

impl PlanTerms {
    /// The kind of server that can carry an account with these terms.
    pub fn server_kind(&self) -> ServerKind {
        ServerKind::Virtualmin
    }
}

/// A part of a virtual server that a plan may include. The Unix user and its home are always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Feature {
    /// The website.
    Web,
    /// The website over TLS.
    Ssl,
    /// The zone on the server itself, besides the public one that we publish.
    Dns,
    /// Mailboxes.
    Mail,
    /// `MySQL` or `MariaDB` databases.
    Mysql,
}

impl Feature {
    /// Every feature.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// Its name, which is also Virtualmin's.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
