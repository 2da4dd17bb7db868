//! The configuration of this service.

use std::time::Duration;

use chassis::config::{Amqp, Database, Faults, Http, Peer, Root, Telemetry, Validate};
use model::drift::Tolerance;
use serde::Deserialize;

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Health and metrics.
    #[serde(default)]
    pub http: Http,
    /// Where rows, findings and jobs are.
    pub database: Database,
    /// Where events and wake-ups go.
    pub amqp: Amqp,
    /// The way to Virtualmin hosts.
    pub gateway: Peer,
    /// How servers are looked at.
    #[serde(default)]
    pub sweep: SweepSettings,
    /// When a server counts as ill.
    #[serde(default)]
    pub health: HealthSettings,
    /// How to log and trace.
    #[serde(default)]
    pub telemetry: Telemetry,
}

/// How servers are looked at.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SweepSettings {
    /// Seconds from one sweep of a server to the next, give or take a tenth; 300 by default.
    pub period_seconds: u64,
    /// Servers looked at by this process at a time; 8 by default.
    pub concurrency: usize,
    /// Seconds that one sweep may take, and after which a dead process's server moves on; 180 by default.
    pub lease_seconds: u64,
    /// The share of accounts that may be missing or changed at once, in percent; 30 by default. Beyond it the
    /// panel is doubted.
    pub tolerated_percent: u32,
    /// A server with fewer accounts is not judged by shares; 10 by default.
    pub tolerated_from_accounts: usize,
}

impl Default for SweepSettings {
    fn default() -> Self {
        Self {
            period_seconds: 300,
            concurrency: 8,
            lease_seconds: 180,
            tolerated_percent: 30,
            tolerated_from_accounts: 10,
        }
    }
}

impl SweepSettings {
    pub(crate) fn period(&self) -> Duration {
        Duration::from_secs(self.period_seconds)
    }

    pub(crate) fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    pub(crate) fn tolerance(&self) -> Tolerance {
        Tolerance { percent: self.tolerated_percent, from_accounts: self.tolerated_from_accounts }
    }
}

impl Validate for SweepSettings {
    fn validate(&self, faults: &mut Faults) {
        if !(1..=86_400).contains(&self.period_seconds) {
            faults.add("period_seconds", "is not 1 to 86400", "300 suits most");
        }
        if !(1..=256).contains(&self.concurrency) {
            faults.add("concurrency", "is not 1 to 256", "8 suits most");
        }
        if !(10..=3600).contains(&self.lease_seconds) {
            faults.add("lease_seconds", "is not 10 to 3600", "180 suits most");
        }
        if !(1..=100).contains(&self.tolerated_percent) {
            faults.add("tolerated_percent", "is not 1 to 100", "30 suits most");
        }
    }
}

/// When a server counts as ill.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HealthSettings {
    /// Failed checks in a row after which an active server is degraded; 3 by default.
    pub degraded_after: u32,
    /// Failed checks in a row after which it is unavailable; 6 by default.
    pub unavailable_after: u32,
}

impl Default for HealthSettings {
    fn default() -> Self {
        Self { degraded_after: 3, unavailable_after: 6 }
    }
}

impl Validate for HealthSettings {
    fn validate(&self, faults: &mut Faults) {
        // With the first failure nobody knows yet whether the other servers fail as well.
        if self.degraded_after < 2 {
            faults.add("degraded_after", "is below 2", "3 suits most");
        }
        if self.unavailable_after <= self.degraded_after {
            faults.add("unavailable_after", "is not above degraded_after", "6 suits most");
        }
    }
}

impl Validate for Config {
    fn validate(&self, faults: &mut Faults) {
        faults.section("http", &self.http);
        faults.section("database", &self.database);
        faults.section("amqp", &self.amqp);
        faults.section("gateway", &self.gateway);
        faults.section("sweep", &self.sweep);
        faults.section("health", &self.health);
        faults.section("telemetry", &self.telemetry);
    }
}

impl Root for Config {
    fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }
}
