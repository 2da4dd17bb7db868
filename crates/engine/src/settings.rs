//! The settings of an engine.

use std::time::Duration;

use crate::{Pace, Patience};

/// The settings of an engine. The defaults suit production.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Jobs that one process runs at a time.
    pub concurrency: usize,
    /// How long a claim is valid without renewal; another worker then takes over a dead worker's job.
    pub lease: Duration,
    /// The pace of retries.
    pub pace: Pace,
    /// How often to look for lost leases and lost wake-ups.
    pub sweep_every: Duration,
    /// How long a job may be ready before its wake-up is repeated.
    pub overdue_after: Duration,
    /// How long jobs wait for the end of a dependency's outage.
    pub patience: Patience,
    /// After this many claims in a row whose worker died or lost the job, the job is undone. An undo gets as many.
    pub most_lost_leases: u32,
}

impl Settings {
    /// The production settings with another lease. A dead worker loses wake-ups as well as jobs, so a shorter lease
    /// also repeats wake-ups sooner. A lease longer than 30 seconds does not repeat them later.
    pub fn leased(lease: Duration) -> Self {
        Self {
            concurrency: 32,
            lease,
            pace: Pace::default(),
            sweep_every: (lease / 6).min(Duration::from_secs(5)),
            overdue_after: (lease / 2).min(Duration::from_secs(15)),
            patience: Patience::default(),
            most_lost_leases: 12,
        }
    }
}

impl Default for Settings {
    /// With a lease of 30 seconds.
    fn default() -> Self {
        Self::leased(Duration::from_secs(30))
    }
}
