//! One call of PowerDNS's API, and the fault of a failed call.

use std::fmt;

use model::{
    fault::{Effect, Fault, FaultKind},
    secret::Secret,
};
use reqwest::{Method, StatusCode};
use serde::Deserialize;

/// The most characters of PowerDNS's own reason in a fault.
const MAX_REASON: usize = 300;

/// Whether a call can change a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// A call, as its fault names it.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// A word from a fixed list, such as `reading`, for messages and metrics.
    pub(super) operation: &'static str,
    pub(super) zone: &'a str,
    pub(super) access: Access,
    /// The name of the DNS server.
    pub(super) server: &'a str,
    /// The key, which no message may show.
    pub(super) key: &'a Secret,
}

/// The body of a refusal by PowerDNS.
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl Call<'_> {
    /// The fault of an answer with a status that the call does not expect.
    pub(super) fn refusal(&self, status: StatusCode, body: &[u8]) -> Fault {
        let reason = self.reason(body);
        let (kind, problem, effect) = match status {
            StatusCode::UNAUTHORIZED => {
                (FaultKind::OutOfService, "the API key is refused".into(), Effect::NotApplied)
            }
            StatusCode::FORBIDDEN => {
                (FaultKind::OutOfService, "the API refuses this program".into(), Effect::NotApplied)
            }
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                (FaultKind::Invalid, reason.clone(), Effect::NotApplied)
            }
            StatusCode::TOO_MANY_REQUESTS => {
                (FaultKind::RateLimited, "too many calls".into(), Effect::NotApplied)
            }
            _ if status.is_server_error() => {
                (FaultKind::Unavailable, answered(status, &reason), self.effect_in_doubt())
            }
            _ => (FaultKind::Protocol, answered(status, &reason), self.effect_in_doubt()),
        };
        self.fault(kind, problem).with_effect(effect).caused_by(format!("{status}: {reason}"))
    }

    /// The fault of a call with no answer, or with only a part of one.
    pub(super) fn no_answer(&self, error: reqwest::Error) -> Fault {
        let (kind, problem, effect) = if error.is_connect() {
            (FaultKind::Unavailable, "it cannot be reached", Effect::NotApplied)
        } else if error.is_timeout() {
            (FaultKind::Timeout, "no answer in time", self.effect_in_doubt())
        } else {
            (FaultKind::Unavailable, "the connection broke", self.effect_in_doubt())
        };
        // An operator may have put credentials into the address.
        let cause = anyhow::Error::from(error.without_url());
        self.fault(kind, problem).with_effect(effect).caused_by(format!("{cause:#}"))
    }

    /// The fault of an answer that cannot be read.
    pub(super) fn unreadable(&self, cause: impl fmt::Display) -> Fault {
        self.fault(FaultKind::Protocol, "its answer cannot be read")
            .with_effect(self.effect_in_doubt())
            .caused_by(cause)
    }

    fn fault(&self, kind: FaultKind, problem: impl fmt::Display) -> Fault {
        let Call { operation, zone, server, .. } = self;
        Fault::new(kind, format!("{operation} zone {zone} on DNS server {server}: {problem}"))
    }

    /// PowerDNS's own reason, on one line, cut to its limit and without the key, which a proxy may echo.
    fn reason(&self, body: &[u8]) -> String {
        let text = match serde_json::from_slice::<Refusal>(body) {
            Ok(refusal) => refusal.error,
            Err(_) => String::from_utf8_lossy(body).into_owned(),
        };
        let text = if self.key.is_empty() { text } else { text.replace(self.key.expose(), "***") };
        text.chars().filter(|character| !character.is_control()).take(MAX_REASON).collect()
    }

    /// The effect of a call when only the server can know it.
    fn effect_in_doubt(&self) -> Effect {
        match self.access {
            Access::Read => Effect::NotApplied,
            Access::Write => Effect::Unknown,
        }
    }
}

/// A status with the reason, if there is one that says more: a page of a proxy does not.
fn answered(status: StatusCode, reason: &str) -> String {
    if reason.is_empty() || reason.starts_with('<') || status.canonical_reason() == Some(reason) {
        return format!("it answers {status}");
    }
    format!("it answers {status}: {reason}")
}
