//! What became of the last calls: the share of failures decides whether more calls make sense.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::settings::Settings;

/// Most calls kept.
const KEPT: usize = 256;

/// The calls of the last while, and whether each was answered.
#[derive(Debug, Default)]
pub(super) struct Window(VecDeque<(Instant, bool)>);

impl Window {
    /// Notes a call that ended at `now`.
    pub(super) fn note(&mut self, answered: bool, now: Instant, settings: &Settings) {
        let length = Duration::from_secs(settings.breaker_window_seconds);
        while self.0.front().is_some_and(|(at, _)| now.duration_since(*at) > length)
            || self.0.len() >= KEPT
        {
            self.0.pop_front();
        }
        self.0.push_back((now, answered));
    }

    /// Whether so many calls failed, and such a share of all, that more would fail too.
    pub(super) fn is_bad(&self, settings: &Settings) -> bool {
        let (failed, all) = (self.failed(), self.0.len() as u64);
        failed >= settings.breaker_failures && failed * 100 >= all * settings.breaker_share_percent
    }

    /// How many calls were not answered.
    pub(super) fn failed(&self) -> u64 {
        self.0.iter().filter(|(_, answered)| !answered).count() as u64
    }

    /// Forgets all calls.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings {
        breaker_failures: 3,
        breaker_share_percent: 50,
        breaker_window_seconds: 60,
        ..Settings::DEFAULT
    };

    fn window(calls: &str) -> Window {
        let mut window = Window::default();
        calls.chars().for_each(|it| window.note(it == '+', Instant::now(), &SETTINGS));
        window
    }

    #[test]
    fn failures_count_by_number_and_by_share() {
        for (calls, is_bad) in [("--", false), ("---", true), ("++++---", false), ("+++---", true)]
        {
            assert_eq!(window(calls).is_bad(&SETTINGS), is_bad, "{calls}");
        }
    }

    #[test]
    fn what_was_long_ago_does_not_count() {
        let mut window = window("--");
        window.note(false, Instant::now() + Duration::from_secs(61), &SETTINGS);
        assert_eq!(window.failed(), 1);
    }

    #[test]
    fn no_more_is_kept_than_fits() {
        assert_eq!(window(&"-".repeat(KEPT * 2)).0.len(), KEPT);
    }
}
