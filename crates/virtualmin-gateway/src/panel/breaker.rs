//! Stops calls to a host that does not answer, and lets one trial call through after each cool-down.
//!
//! ```text
//! closed ──so many failures in a row──▶ open ──cool-down over──▶ one trial
//!    ▲                                   ▲                          │
//!    │                                   └──────────failure─────────┤
//!    └──────────────────────────success─────────────────────────────┘
//! ```

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// A breaker for one host.
#[derive(Debug)]
pub(crate) struct Breaker {
    /// Failures in a row that open the breaker.
    threshold: u32,
    cool_down: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// No call goes out before this moment. The first call after it is the trial, and moves the moment on.
    open_until: Option<Instant>,
}

impl Breaker {
    /// A closed breaker.
    pub(crate) fn new(threshold: u32, cool_down: Duration) -> Self {
        Self { threshold, cool_down, state: Mutex::default() }
    }

    /// Whether a call may go out at `now`.
    ///
    /// # Errors
    /// The time to wait, if it may not.
    pub(crate) fn admit(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.lock();
        match state.open_until {
            Some(until) if until > now => Err(until - now),
            Some(_) => {
                // This call is the trial; the others wait for its result.
                state.open_until = Some(now + self.cool_down);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Records that the host answered, with success or failure.
    pub(crate) fn answered(&self) {
        *self.lock() = State::default();
    }

    /// Records at `now` that the host did not answer.
    pub(crate) fn failed(&self, now: Instant) {
        let mut state = self.lock();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= self.threshold {
            state.open_until = Some(now + self.cool_down);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Breaker {
        Breaker::new(3, Duration::from_secs(30))
    }

    #[test]
    fn opens_after_the_configured_failures_in_a_row() {
        let (breaker, now) = (breaker(), Instant::now());
        for _ in 0..2 {
            breaker.failed(now);
            assert!(breaker.admit(now).is_ok());
        }
        breaker.answered();
        for _ in 0..3 {
            assert!(breaker.admit(now).is_ok());
            breaker.failed(now);
        }
        assert_eq!(breaker.admit(now), Err(Duration::from_secs(30)));
    }

    #[test]
    fn lets_one_call_through_after_the_cool_down() {
        let (breaker, now) = (breaker(), Instant::now());
        (0..3).for_each(|_| breaker.failed(now));
        let later = now + Duration::from_secs(31);
        assert!(breaker.admit(later).is_ok());
        assert!(breaker.admit(later).is_err());
        breaker.answered();
        assert!(breaker.admit(later).is_ok() && breaker.admit(later).is_ok());
    }

    #[test]
    fn stays_open_when_the_trial_fails() {
        let (breaker, now) = (breaker(), Instant::now());
        (0..3).for_each(|_| breaker.failed(now));
        let later = now + Duration::from_secs(31);
        breaker.admit(later).unwrap();
        breaker.failed(later);
        assert!(breaker.admit(later + Duration::from_secs(29)).is_err());
        assert!(breaker.admit(later + Duration::from_secs(30)).is_ok());
    }
}
