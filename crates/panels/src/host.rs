//! A host's description of itself.

use std::collections::BTreeSet;

use contracts::gateway::v1;
use model::server::HostFacts;

/// A host's description of itself, as [`Virtualmin::inspect`](crate::Virtualmin::inspect) reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The host's own name.
    pub hostname: String,
    /// The version of the Virtualmin module.
    pub version: String,
    /// The programs of the host that the gateway can call.
    pub programs: BTreeSet<String>,
    /// The features that are switched on in its panel, by Virtualmin's names; `None` if it cannot tell.
    pub features: Option<BTreeSet<String>>,
    /// The versions of PHP that its sites can run; `None` if it cannot tell.
    pub php_versions: Option<BTreeSet<String>>,
}

impl Host {
    /// What is kept of it beside its server, with what its listing says about quotas.
    pub fn facts(self, keeps_quotas: Option<bool>) -> HostFacts {
        let Self { version, programs, features, php_versions, .. } = self;
        HostFacts { version, programs, features, php_versions, keeps_quotas }
    }
}

impl From<v1::Host> for Host {
    fn from(host: v1::Host) -> Self {
        Self {
            hostname: host.hostname,
            version: host.virtualmin_version,
            programs: BTreeSet::from_iter(host.programs),
            features: host.features.map(|it| BTreeSet::from_iter(it.words)),
            php_versions: host.php_versions.map(|it| BTreeSet::from_iter(it.words)),
        }
    }
}
