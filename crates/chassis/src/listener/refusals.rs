//! Counts what a listener refuses, and tells of it once in a while, so that a flood does not fill the log.

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The pause between two lines about the same reason.
const PAUSE: Duration = Duration::from_secs(10);

/// Refused connections of one listener, by reason.
#[derive(Default)]
pub(super) struct Refusals(Mutex<[Told; Reason::ALL]>);

#[derive(Clone, Copy, Default)]
struct Told {
    last: Option<Instant>,
    untold: u64,
}

/// Why a connection was refused.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reason {
    /// All places are taken.
    Full,
    /// The connection gave its place to another one before it had asked anything.
    GaveWay,
    /// No request came in time.
    Silent,
    /// The TLS handshake failed, as without a certificate where one is needed.
    Handshake,
}

impl Reason {
    const ALL: usize = 4;

    fn words(self) -> &'static str {
        match self {
            Self::Full => "refused a connection: all places are taken",
            Self::GaveWay => "closed a connection without a request: its place was needed",
            Self::Silent => "closed a connection: no request came in time",
            Self::Handshake => "refused a connection: the TLS handshake failed",
        }
    }
}

impl Refusals {
    /// Counts a refusal, and logs it with all that were not told yet, unless the last line about its reason is recent.
    pub(super) fn count(&self, reason: Reason, peer: SocketAddr, error: Option<&str>) {
        let now = Instant::now();
        let count = {
            // The lock guards numbers only, so a panic elsewhere does no harm.
            let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let told = &mut table[reason as usize];
            told.untold += 1;
            if told.last.is_some_and(|last| now.duration_since(last) < PAUSE) {
                return;
            }
            told.last = Some(now);
            std::mem::take(&mut told.untold)
        };
        tracing::warn!(client.address = %peer.ip(), count, error, "{}", reason.words());
    }
}
