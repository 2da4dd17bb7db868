//! The configuration of this service.

use chassis::config::{Keys, Peer, Root, Secrets, Section, Telemetry};

/// The settings of this service.
#[derive(Clone, Debug)]
pub struct Config {
    /// The sections that worker, DNS manager and reconciler share: connections, health and logs.
    pub service: service::Config,
    /// The keys that seal the passwords of accounts.
    pub secrets: Secrets,
    /// The address of the Virtualmin gateway.
    pub gateway: Peer,
    /// Concurrency and leases of jobs.
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
