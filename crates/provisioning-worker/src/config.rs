//! The configuration of this service.

use std::time::Duration;

use chassis::config::{Amqp, Database, Faults, Http, Root, Secrets, Telemetry, Validate};
use engine::Settings;
use serde::Deserialize;
use url::Url;

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
    pub gateway: GatewayAddress,
    /// How jobs are worked.
    #[serde(default)]
    pub engine: Engine,
    /// How to log and trace.
    #[serde(default)]
    pub telemetry: Telemetry,
}

/// The way to Virtualmin hosts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayAddress {
    /// Where the gateway answers gRPC: `http://host:port`, or `https`.
    pub url: Url,
}

impl Validate for GatewayAddress {
    fn validate(&self, faults: &mut Faults) {
        if !["http", "https"].contains(&self.url.scheme()) || !self.url.has_host() {
            faults.add("url", "is not http://host:port or https://host:port", "name the gateway");
        }
    }
}

/// How jobs are worked.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Engine {
    /// Jobs in hand at a time; 32 by default. A host is changed by one of them at a time.
    pub concurrency: usize,
    /// Seconds after which a dead process's job moves on; 30 by default.
    pub lease_seconds: u64,
}

impl Default for Engine {
    fn default() -> Self {
        let Settings { concurrency, lease, .. } = Settings::default();
        Self { concurrency, lease_seconds: lease.as_secs() }
    }
}

impl Engine {
    pub(crate) fn settings(self) -> Settings {
        Settings {
            concurrency: self.concurrency,
            lease: Duration::from_secs(self.lease_seconds),
            ..Settings::default()
        }
    }
}

impl Validate for Engine {
    fn validate(&self, faults: &mut Faults) {
        if !(1..=1024).contains(&self.concurrency) {
            faults.add("concurrency", "is not 1 to 1024", "32 suits most");
        }
        if !(5..=3600).contains(&self.lease_seconds) {
            faults.add("lease_seconds", "is not 5 to 3600", "30 suits most");
        }
    }
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
