//! The configuration of this service.

use std::time::Duration;

use chassis::config::{Keys, Peer, Root, Section, Telemetry};
use model::drift::Tolerance;

/// The whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Connections, health and logs.
    pub service: service::Config,
    /// The gateway to Virtualmin hosts, and the certificates for calling it.
    pub gateway: Peer,
    /// How servers are swept.
    pub sweep: SweepSettings,
    /// When a server counts as unhealthy.
    pub health: HealthSettings,
}

/// How servers are swept.
#[derive(Clone, Copy, Debug)]
pub struct SweepSettings {
    /// Seconds from one sweep of a server to the next, with a jitter of a tenth either way; 300 by default.
    pub period_seconds: u64,
    /// Servers that this process sweeps at a time; 8 by default.
    pub concurrency: usize,
    /// The longest time for one sweep, in seconds, after which another process takes over a dead process's server;
    /// 180 by default.
    pub lease_seconds: u64,
    /// The share of accounts that may be missing or changed at once, in percent; 30 by default. Above it the
    /// listing is doubted.
    pub tolerated_percent: u32,
    /// The number of accounts from which a server is judged by that share; 10 by default.
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

impl Section for SweepSettings {
    fn read(keys: &mut Keys<'_>) -> Self {
        let default = Self::default();
        let from_accounts = default.tolerated_from_accounts;
        Self {
            period_seconds: keys.number("period_seconds", default.period_seconds, 1..=86_400),
            concurrency: keys.number("concurrency", default.concurrency, 1..=256),
            lease_seconds: keys.number("lease_seconds", default.lease_seconds, 10..=3600),
            tolerated_percent: keys.number("tolerated_percent", default.tolerated_percent, 1..=100),
            tolerated_from_accounts: keys.or("tolerated_from_accounts", from_accounts),
        }
    }
}

/// When a server counts as unhealthy.
#[derive(Clone, Copy, Debug)]
pub struct HealthSettings {
    /// Failed checks in a row after which an active server is degraded; 3 by default.
    pub degraded_after: u32,
    /// Failed checks in a row after which a degraded server is unavailable; 6 by default.
    pub unavailable_after: u32,
}

impl Default for HealthSettings {
    fn default() -> Self {
        Self { degraded_after: 3, unavailable_after: 6 }
    }
}

impl Section for HealthSettings {
    fn read(keys: &mut Keys<'_>) -> Self {
        let default = Self::default();
        let settings = Self {
            degraded_after: keys.or("degraded_after", default.degraded_after),
            unavailable_after: keys.or("unavailable_after", default.unavailable_after),
        };
        // After only one failure it is not known whether most other servers fail too.
        if settings.degraded_after < 2 {
            keys.refuse("degraded_after", "is below 2", "3 suits most");
        }
        if settings.unavailable_after <= settings.degraded_after {
            keys.refuse("unavailable_after", "is not above degraded_after", "6 suits most");
        }
        settings
    }
}

impl Section for Config {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            service: service::Config::read(keys),
            gateway: keys.section("gateway"),
            sweep: keys.section("sweep"),
            health: keys.section("health"),
        }
    }
}

impl Root for Config {
    fn telemetry(&self) -> &Telemetry {
        &self.service.telemetry
    }
}
