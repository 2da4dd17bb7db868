//! The simulated server's clock and its formats of a time.

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const LOCAL: &[BorrowedFormatItem<'_>] =
    format_description!("[month]/[day]/[year] [hour repr:12]:[minute] [period]");
const HTTP: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);
const CERTIFICATE: &[BorrowedFormatItem<'_>] = format_description!(
    "[month repr:short] [day padding:space] [hour]:[minute]:[second] [year] GMT"
);

/// The current time.
#[expect(
    clippy::disallowed_methods,
    reason = "a simulated server is a machine of its own, with a clock of its own"
)]
pub(super) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// The form of `list-domains`: `11/21/2026 02:46 AM`, in the server's time zone (UTC here).
pub(super) fn local(moment: OffsetDateTime) -> String {
    moment.format(LOCAL).expect("every component exists in a full moment")
}

/// [`local`] for seconds since 1970; the epoch for seconds outside the calendar.
pub(super) fn local_seconds(seconds: i64) -> String {
    local(OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH))
}

/// The form of the `Date` header: `Sat, 21 Nov 2026 02:46:13 GMT`.
pub(super) fn http(moment: OffsetDateTime) -> String {
    moment.format(HTTP).expect("every component exists in a full moment")
}

/// The form of `get-ssl`: `Nov 21 03:05:43 2027 GMT`.
pub(super) fn certificate(moment: OffsetDateTime) -> String {
    moment.format(CERTIFICATE).expect("every component exists in a full moment")
}

/// [`http`] for seconds since 1970; the epoch for seconds outside the calendar.
pub(super) fn http_seconds(seconds: i64) -> String {
    http(OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH))
}

/// Milliseconds since 1970.
pub(super) fn milliseconds(moment: OffsetDateTime) -> i64 {
    moment.unix_timestamp() * 1000 + i64::from(moment.millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn writes_a_moment_as_the_recorded_server_did() {
        let moment = datetime!(2026-11-21 02:46:13 UTC);
        assert_eq!(local(moment), "11/21/2026 02:46 AM");
        assert_eq!(http(moment), "Sat, 21 Nov 2026 02:46:13 GMT");
        assert_eq!(local_seconds(1_795_229_201), "11/21/2026 02:46 AM");
    }
}
