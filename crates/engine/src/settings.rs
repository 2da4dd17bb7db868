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

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrency: 32,
            lease: Duration::from_secs(30),
            pace: Pace::default(),
            sweep_every: Duration::from_secs(5),
            patience: Duration::from_secs(15),
        }
    }
}
