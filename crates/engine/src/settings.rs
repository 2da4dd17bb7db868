//! How an engine works.

use std::time::Duration;

use crate::Pace;

/// How an engine works. The defaults suit production.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Jobs in hand at a time, in one process.
    pub concurrency: usize,
    /// How long a claim holds without a sign of life; a dead worker's job moves on after it.
    pub lease: Duration,
    /// The pace of retries.
    pub pace: Pace,
    /// How often to look for lost leases and wake-ups.
    pub sweep_every: Duration,
    /// How long a job may be ready before it is woken again.
    pub patience: Duration,
}

impl Settings {
    /// What suits production, with another lease. A worker that stands still swallows wake-ups as well as jobs: who wants
    /// its jobs back sooner wants them woken sooner. A longer lease is no reason to wake them later.
    pub fn leased(lease: Duration) -> Self {
        Self {
            concurrency: 32,
            lease,
            pace: Pace::default(),
            sweep_every: (lease / 6).min(Duration::from_secs(5)),
            patience: (lease / 2).min(Duration::from_secs(15)),
        }
    }
}

impl Default for Settings {
    /// With a lease of 30 seconds.
    fn default() -> Self {
        Self::leased(Duration::from_secs(30))
    }
}
