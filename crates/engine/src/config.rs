//! The section `engine` of a service's configuration.

use std::time::Duration;

use chassis::config::{Keys, Section};

use crate::Settings;

/// How a service runs its jobs.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Jobs that one process runs at a time; 32 by default. The resources of the jobs may allow fewer.
    pub concurrency: usize,
    /// Seconds until another process takes over a dead process's job; 30 by default. A lost wake-up is repeated after
    /// half of that time, and after 15 seconds at most.
    pub lease_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        let Settings { concurrency, lease, .. } = Settings::default();
        Self { concurrency, lease_seconds: lease.as_secs() }
    }
}

impl Config {
    /// The engine settings of this configuration.
    pub fn settings(self) -> Settings {
        let lease = Duration::from_secs(self.lease_seconds);
        Settings { concurrency: self.concurrency, ..Settings::leased(lease) }
    }
}

impl Section for Config {
    fn read(keys: &mut Keys<'_>) -> Self {
        let default = Self::default();
        Self {
            concurrency: keys.number("concurrency", default.concurrency, 1..=1024),
            lease_seconds: keys.number("lease_seconds", default.lease_seconds, 5..=3600),
        }
    }
}
