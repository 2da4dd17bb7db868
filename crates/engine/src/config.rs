//! The section `engine` of a service's configuration.

use std::time::Duration;

use chassis::config::{Faults, Validate};
use serde::Deserialize;

use crate::Settings;

/// How a service works its jobs.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Jobs in hand at a time, in one process; 32 by default. What a job holds may let fewer run.
    pub concurrency: usize,
    /// Seconds after which a dead process's job moves on; 30 by default. A lost wake-up is sent again after half of it,
    /// and after 15 seconds at most.
    pub lease_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        let Settings { concurrency, lease, .. } = Settings::default();
        Self { concurrency, lease_seconds: lease.as_secs() }
    }
}

impl Config {
    /// The settings of an engine that works so.
    pub fn settings(self) -> Settings {
        let lease = Duration::from_secs(self.lease_seconds);
        Settings { concurrency: self.concurrency, ..Settings::leased(lease) }
    }
}

impl Validate for Config {
    fn validate(&self, faults: &mut Faults) {
        if !(1..=1024).contains(&self.concurrency) {
            faults.add("concurrency", "is not 1 to 1024", "32 suits most");
        }
        if !(5..=3600).contains(&self.lease_seconds) {
            faults.add("lease_seconds", "is not 5 to 3600", "30 suits most");
        }
    }
}
