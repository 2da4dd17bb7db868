//! The arithmetic of the bench: percentiles, rates and ratios.

use std::time::Duration;

use serde::Serialize;

/// Durations in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50_ms: f64,
    pub(crate) p95_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) longest_ms: f64,
}

impl Latency {
    /// The percentiles of durations in milliseconds; zeros for an empty list.
    pub(crate) fn of(mut seen: Vec<f64>) -> Self {
        seen.sort_by(f64::total_cmp);
        Self {
            p50_ms: percentile(&seen, 50),
            p95_ms: percentile(&seen, 95),
            p99_ms: percentile(&seen, 99),
            longest_ms: percentile(&seen, 100),
        }
    }
}

/// The smallest value that `percent` of the sorted values do not exceed (nearest rank).
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// The rate per second of `count` events in `time`.
pub(crate) fn per_second(count: usize, time: Duration) -> f64 {
    share(count as f64, time.as_secs_f64())
}

/// `part` divided by `whole`; zero if `whole` is zero.
pub(crate) fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_seen() {
        let hundred = Latency::of((1..=100).rev().map(f64::from).collect());
        let expected = Latency { p50_ms: 50.0, p95_ms: 95.0, p99_ms: 99.0, longest_ms: 100.0 };
        assert_eq!(hundred, expected);
        let few = Latency::of(vec![3.0, 1.0, 2.0]);
        assert_eq!((few.p50_ms, few.p95_ms, few.longest_ms), (2.0, 3.0, 3.0));
        assert_eq!(Latency::of(Vec::new()), Latency::default());
    }

    #[test]
    fn a_rate_is_a_count_over_a_time() {
        assert!((per_second(300, Duration::from_millis(1500)) - 200.0).abs() < f64::EPSILON);
        assert!(per_second(3, Duration::ZERO).abs() < f64::EPSILON);
    }
}
