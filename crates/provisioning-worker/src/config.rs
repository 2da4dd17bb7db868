//! The configuration of this service.

use chassis::config::{Amqp, Database, Faults, Http, Peer, Root, Secrets, Telemetry, Validate};
use serde::Deserialize;

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Health and metrics.
    #[serde(default)]
    pub http: Http,
    /// Where rows and jobs are.
    pub database: Database,
    /// Where wake-ups come from.
    pub amqp: Amqp,
    /// The keys that seal the passwords of accounts.
    #[serde(default)]
    pub secrets: Secrets,
    /// The way to Virtualmin hosts.
    pub gateway: Peer,
    /// How jobs are worked.
    #[serde(default)]
    pub engine: engine::Config,
    /// How to log and trace.
    #[serde(default)]
    pub telemetry: Telemetry,
}

impl Validate for Config {
    fn validate(&self, faults: &mut Faults) {
        faults.section("http", &self.http);
        faults.section("database", &self.database);
        faults.section("amqp", &self.amqp);
        faults.section("secrets", &self.secrets);
        faults.section("gateway", &self.gateway);
        faults.section("engine", &self.engine);
        faults.section("telemetry", &self.telemetry);
    }
}

impl Root for Config {
    fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }
}
