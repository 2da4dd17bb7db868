//! How long to wait before a job is tried again. The only use of `backoff` in the workspace.

use std::time::Duration;

use backoff::{ExponentialBackoffBuilder, backoff::Backoff};
use model::fault::Fault;

/// The pace of retries.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The wait before the second try.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), longest: Duration::from_secs(300) }
    }
}

impl Pace {
    /// The wait after `attempts` tries. It doubles with each try, with a jitter of half of it either way, and is not
    /// shorter than the fault's `retry_after_seconds`. [`Pace::longest`] limits both.
    pub(crate) fn wait(self, attempts: u32, fault: &Fault) -> Duration {
        let mut growing = ExponentialBackoffBuilder::new()
            .with_initial_interval(self.first)
            .with_multiplier(2.0)
            .with_randomization_factor(0.5)
            .with_max_interval(self.longest)
            .with_max_elapsed_time(None)
            .build();
        let mut wait = self.first;
        for _ in 0..attempts.max(1) {
            wait = growing.next_backoff().unwrap_or(self.longest);
        }
        let asked = fault.retry_after_seconds.map_or(Duration::ZERO, Duration::from_secs);
        wait.min(self.longest).max(asked.min(self.longest))
    }
}

#[cfg(test)]
mod tests {
    use model::fault::FaultKind;

    use super::*;

    #[test]
    fn waits_longer_each_time_up_to_a_limit() {
        let (pace, fault) = (Pace::default(), Fault::new(FaultKind::Unavailable, ""));
        for attempts in 1..40 {
            let exact = Duration::from_secs(1) * 2_u32.saturating_pow(attempts - 1).min(1 << 20);
            let wait = pace.wait(attempts, &fault);
            assert!(wait >= exact.min(pace.longest) / 2, "{attempts}: {wait:?}");
            assert!(wait <= pace.longest && wait <= exact * 3 / 2, "{attempts}: {wait:?}");
        }
    }

    #[test]
    fn waits_as_long_as_it_is_asked_to() {
        let fault = Fault::new(FaultKind::RateLimited, "").retry_after(Duration::from_secs(60));
        assert_eq!(Pace::default().wait(1, &fault), Duration::from_secs(60));
    }
}
