//! The rate limit of each token, tenant or address: a window begins with the first call after the last window ended.
//!
//! Each process counts for itself. The limit keeps one caller from crowding out the others; it is not a
//! commercial quota.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use http::{HeaderMap, HeaderName, HeaderValue};
use model::fault::{Fault, FaultKind};

/// Headers for the allowed and the remaining calls (draft-ietf-httpapi-ratelimit-headers).
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");
/// Callers counted at a time. When the table is full, further ones are not limited until a window ends.
const MAX_CALLERS: usize = 10_000;

/// Counts the calls of each caller, by its token or address. Clones share the counts.
#[derive(Clone)]
pub(crate) struct Limiter<K> {
    /// The name of the limit in headers.
    name: &'static str,
    requests: u32,
    window: Duration,
    windows: Arc<Mutex<HashMap<K, Window>>>,
}

/// The calls of a caller since the window began.
struct Window {
    began: Instant,
    calls: u32,
}

/// The calls that a caller has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quota {
    name: &'static str,
    requests: u32,
    window: Duration,
    /// The remaining calls; `None` if this call was one too many.
    left: Option<u32>,
    /// Time until the next window.
    resets_in: Duration,
}

impl<K: Eq + Hash> Limiter<K> {
    /// Allows `requests` calls in each window.
    pub(crate) fn new(requests: u32, window_seconds: u32) -> Self {
        let window = Duration::from_secs(window_seconds.into());
        Self { name: "token", requests, window, windows: Arc::default() }
    }

    /// Has another name in headers than `token`.
    pub(crate) fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// Counts a call at `now`.
    pub(crate) fn count(&self, caller: K, now: Instant) -> Quota {
        self.count_up_to(self.requests, caller, now)
    }

    /// Counts a call at `now` of a caller that may make `requests` calls in each window.
    pub(crate) fn count_up_to(&self, requests: u32, caller: K, now: Instant) -> Quota {
        // The lock guards numbers only, so a panic elsewhere does no harm.
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = |it: &Window| now.duration_since(it.began) >= self.window;
        if windows.len() >= MAX_CALLERS {
            windows.retain(|_, it| !ended(it));
        }
        if windows.len() >= MAX_CALLERS && !windows.contains_key(&caller) {
            return self.quota(requests, &Window { began: now, calls: 1 }, now);
        }
        let window = windows.entry(caller).or_insert(Window { began: now, calls: 0 });
        if ended(window) {
            *window = Window { began: now, calls: 0 };
        }
        window.calls = window.calls.saturating_add(1);
        self.quota(requests, window, now)
    }

    /// Takes back a call that turned out not to count.
    pub(crate) fn forgive(&self, caller: &K) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = windows.get_mut(caller) {
            window.calls = window.calls.saturating_sub(1);
        }
    }

    fn quota(&self, requests: u32, window: &Window, now: Instant) -> Quota {
        Quota {
            name: self.name,
            requests,
            window: self.window,
            left: requests.checked_sub(window.calls),
            resets_in: self.window.saturating_sub(now.duration_since(window.began)),
        }
    }
}

impl Quota {
    /// Checks that the call is within the limit. `calls` are the counted ones in words.
    ///
    /// # Errors
    ///
    /// [`FaultKind::RateLimited`], with the time to wait.
    pub(crate) fn check(&self, calls: &str) -> Result<(), Fault> {
        if self.left.is_some() {
            return Ok(());
        }
        let (requests, window) = (self.requests, self.window.as_secs());
        let why = format!("more than {requests} {calls} in {window} s; come back later");
        let fault = Fault::new(FaultKind::RateLimited, why);
        Err(fault.retry_after(Duration::from_secs(self.seconds())))
    }

    /// Writes the headers for the caller.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let (requests, window) = (self.requests, self.window.as_secs());
        let (name, left) = (self.name, self.left.unwrap_or_default());
        for (name, text) in [
            (POLICY, format!("\"{name}\";q={requests};w={window}")),
            (LEFT, format!("\"{name}\";r={left};t={}", self.seconds())),
        ] {
            headers.extend(HeaderValue::try_from(text).ok().map(|value| (name, value)));
        }
    }

    /// Time until the next window in seconds, rounded up.
    fn seconds(&self) -> u64 {
        self.resets_in.as_secs() + u64::from(self.resets_in.subsec_nanos() > 0)
    }
}

#[cfg(test)]
mod tests {
    use model::ids::ApiTokenId;

    use super::*;

    fn limiter(requests: u32) -> Limiter<ApiTokenId> {
        Limiter::new(requests, 10)
    }

    #[test]
    fn a_token_has_its_calls_and_no_more_until_the_window_ends() {
        let (limiter, token, start) = (limiter(2), ApiTokenId::generate(), Instant::now());
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let left: Vec<_> =
            [0, 1, 5_000, 9_999].map(|it| limiter.count(token, at(it)).left).into_iter().collect();
        assert_eq!(left, [Some(1), Some(0), None, None]);
        let fault = limiter.count(token, at(8_500)).check("calls").unwrap_err();
        assert_eq!((fault.kind, fault.retry_after_seconds), (FaultKind::RateLimited, Some(2)));
        assert_eq!(limiter.count(ApiTokenId::generate(), at(9_999)).left, Some(1), "another token");
        assert_eq!(limiter.count(token, at(10_000)).left, Some(1), "a new window");
    }

    #[test]
    fn a_forgiven_call_does_not_count() {
        let (limiter, token, start) = (limiter(1), ApiTokenId::generate(), Instant::now());
        limiter.forgive(&token);
        assert_eq!(limiter.count(token, start).left, Some(0));
        limiter.forgive(&token);
        assert_eq!(limiter.count(token, start).left, Some(0));
        assert_eq!(limiter.count(token, start).left, None);
    }

    #[test]
    fn the_headers_show_the_limit_and_the_calls_left() {
        let (limiter, token, start) = (limiter(2), ApiTokenId::generate(), Instant::now());
        limiter.count(token, start);
        let mut headers = HeaderMap::new();
        limiter.count(token, start + Duration::from_millis(100)).write(&mut headers);
        assert_eq!(headers[POLICY], "\"token\";q=2;w=10");
        assert_eq!(headers[LEFT], "\"token\";r=0;t=10");
    }

    #[test]
    fn many_tokens_take_no_more_memory_than_some() {
        let (limiter, start) = (limiter(1), Instant::now());
        for _ in 0..=MAX_CALLERS {
            assert!(limiter.count(ApiTokenId::generate(), start).check("calls").is_ok());
        }
        assert_eq!(limiter.windows.lock().unwrap().len(), MAX_CALLERS);
        limiter.count(ApiTokenId::generate(), start + Duration::from_secs(10));
        assert_eq!(limiter.windows.lock().unwrap().len(), 1);
    }
}
