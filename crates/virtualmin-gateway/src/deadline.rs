//! The deadline of a call, from its gRPC header `grpc-timeout`: up to eight digits and a unit.

use std::time::Duration;

use tokio::time::Instant;
use tonic::metadata::MetadataMap;

/// The most time kept in reserve, so that our answer arrives before the caller's own deadline.
const MAX_MARGIN: Duration = Duration::from_millis(500);

/// The moment by which to answer: a little before the caller's deadline, and at most `limit` from now.
pub(crate) fn of(metadata: &MetadataMap, limit: Duration, now: Instant) -> Instant {
    let given = metadata.get("grpc-timeout").and_then(|it| parse(it.to_str().ok()?));
    let timeout = given.unwrap_or(limit).min(limit);
    now + timeout - (timeout / 10).min(MAX_MARGIN)
}

/// Reads the form of the gRPC specification ("PROTOCOL-HTTP2", Timeout).
fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if !(1..=8).contains(&digits.len()) || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let value: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(value * 3600),
        "M" => Duration::from_secs(value * 60),
        "S" => Duration::from_secs(value),
        "m" => Duration::from_millis(value),
        "u" => Duration::from_micros(value),
        "n" => Duration::from_nanos(value),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remaining(timeout: Option<&str>) -> Duration {
        let mut metadata = MetadataMap::new();
        if let Some(timeout) = timeout {
            metadata.insert("grpc-timeout", timeout.parse().unwrap());
        }
        let now = Instant::now();
        of(&metadata, Duration::from_secs(120), now) - now
    }

    #[test]
    fn the_callers_time_counts_less_a_little() {
        assert_eq!(remaining(Some("10S")), Duration::from_millis(9500));
        assert_eq!(remaining(Some("1000m")), Duration::from_millis(900));
        assert_eq!(remaining(Some("2000000u")), Duration::from_millis(1800));
    }

    #[test]
    fn without_a_deadline_the_limit_counts() {
        for odd in [None, Some("10"), Some("S"), Some("-1S"), Some("123456789S"), Some("10s")] {
            assert_eq!(remaining(odd), Duration::from_millis(119_500), "{odd:?}");
        }
    }

    #[test]
    fn nothing_takes_longer_than_the_limit() {
        assert_eq!(remaining(Some("99999999H")), Duration::from_millis(119_500));
    }
}
