//! The configuration of this service.

use std::time::Duration;

use chassis::config::{Keys, Root, Secrets, Section, Telemetry};
use egress::Egress;

/// All settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Connections, health and logs.
    pub service: service::Config,
    /// The keys that open the sealed API keys of DNS servers.
    pub secrets: Secrets,
    /// The addresses that DNS servers and name servers may have.
    pub egress: Egress,
    /// How jobs are run.
    pub engine: engine::Config,
    /// How name servers are verified.
    pub verify: VerifySettings,
}

/// How name servers are verified.
#[derive(Clone, Copy, Debug)]
pub struct VerifySettings {
    /// Milliseconds between two questions to a name server that does not answer as wanted yet. The first is immediate.
    pub interval_ms: u64,
}

impl VerifySettings {
    /// The time between two questions.
    pub(crate) fn interval(self) -> Duration {
        Duration::from_millis(self.interval_ms)
    }
}

impl Section for VerifySettings {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self { interval_ms: keys.number("interval_ms", 250, 10..=5000) }
    }
}

impl Section for Config {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            service: service::Config::read(keys),
            secrets: keys.section("secrets"),
            egress: keys.section("egress"),
            engine: keys.section("engine"),
            verify: keys.section("verify"),
        }
    }
}

impl Root for Config {
    fn telemetry(&self) -> &Telemetry {
        &self.service.telemetry
    }
}
