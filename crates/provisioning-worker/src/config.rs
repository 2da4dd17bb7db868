//! The configuration of this service.

use chassis::config::{Keys, Peer, Root, Secrets, Section, Telemetry};

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Config {
    /// Connections, health and logs.
    pub service: service::Config,
    /// The keys that seal the passwords of accounts.
    pub secrets: Secrets,
    /// The way to Virtualmin hosts.
    pub gateway: Peer,
    /// How jobs are worked.
    pub engine: engine::Config,
}

impl Section for Config {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            service: service::Config::read(keys),
            secrets: keys.section("secrets"),
            gateway: keys.section("gateway"),
            engine: keys.section("engine"),
        }
    }
}

impl Root for Config {
    fn telemetry(&self) -> &Telemetry {
        &self.service.telemetry
    }
}
