//! The configuration of this service.

use std::time::Duration;

use chassis::config::{Amqp, Database, Faults, Http, Root, Secrets, Telemetry, Validate};
use serde::Deserialize;

/// All settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Health and metrics.
    #[serde(default)]
    pub http: Http,
    /// The database with zones and jobs.
    pub database: Database,
    /// The broker that carries wake-ups.
    pub amqp: Amqp,
    /// The keys that open the sealed API keys of DNS servers.
    #[serde(default)]
    pub secrets: Secrets,
    /// How jobs are carried out.
    #[serde(default)]
    pub engine: engine::Config,
    /// How name servers are verified.
    #[serde(default)]
    pub verify: VerifySettings,
    /// How to log and trace.
    #[serde(default)]
    pub telemetry: Telemetry,
}

/// How name servers are verified.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VerifySettings {
    /// Milliseconds between two questions to a name server that does not answer as wanted yet. The first waits for nothing.
    pub interval_ms: u64,
}

impl VerifySettings {
    /// The time between two questions.
    pub(crate) fn interval(self) -> Duration {
        Duration::from_millis(self.interval_ms)
    }
}

impl Default for VerifySettings {
    fn default() -> Self {
        Self { interval_ms: 250 }
    }
}

impl Validate for VerifySettings {
    fn validate(&self, faults: &mut Faults) {
        if !(10..=5000).contains(&self.interval_ms) {
            faults.add("interval_ms", "is not 10 to 5000", "250 suits most");
        }
    }
}

impl Validate for Config {
    fn validate(&self, faults: &mut Faults) {
        faults.section("http", &self.http);
        faults.section("database", &self.database);
        faults.section("amqp", &self.amqp);
        faults.section("secrets", &self.secrets);
        faults.section("engine", &self.engine);
        faults.section("verify", &self.verify);
        faults.section("telemetry", &self.telemetry);
    }
}

impl Root for Config {
    fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }
}
