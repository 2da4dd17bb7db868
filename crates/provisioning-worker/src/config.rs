//! The configuration of this service.

use chassis::config::{Amqp, Database, Http, Keys, Peer, Root, Secrets, Section, Telemetry};

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Config {
    /// Health and metrics.
    pub http: Http,
    /// Where rows and jobs are.
    pub database: Database,
    /// Where wake-ups come from.
    pub amqp: Amqp,
    /// The keys that seal the passwords of accounts.
    pub secrets: Secrets,
    /// The way to Virtualmin hosts.
    pub gateway: Peer,
    /// How jobs are worked.
    pub engine: engine::Config,
    /// How to log and trace.
    pub telemetry: Telemetry,
}

impl Section for Config {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            http: keys.section("http"),
            database: keys.section("database"),
            amqp: keys.section("amqp"),
            secrets: keys.section("secrets"),
            gateway: keys.section("gateway"),
            engine: keys.section("engine"),
            telemetry: keys.section("telemetry"),
        }
    }
}

impl Root for Config {
    fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }
}
