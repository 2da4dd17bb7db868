//! A host's description of itself.

use std::collections::BTreeSet;

use contracts::gateway::v1;

/// A host's description of itself, as [`Virtualmin::inspect`](crate::Virtualmin::inspect) reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The host's own name.
    pub hostname: String,
    /// The version of the Virtualmin module.
    pub version: String,
    /// The programs of the host that the gateway can call.
    pub programs: BTreeSet<String>,
}

impl From<v1::Host> for Host {
    fn from(host: v1::Host) -> Self {
        Self {
            hostname: host.hostname,
            version: host.virtualmin_version,
            programs: BTreeSet::from_iter(host.programs),
        }
    }
}
