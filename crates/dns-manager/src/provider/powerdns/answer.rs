//! What an answer that is no success, or none at all, means.

use std::fmt;

use model::fault::{Effect, Fault, FaultKind};
use reqwest::StatusCode;
use serde::Deserialize;

use super::{Act, Call, Client};

/// The most characters of PowerDNS's own words that are passed on.
const MAX_WORDS: usize = 300;

/// How PowerDNS says why it refuses.
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl Client {
    /// The fault of an answer with a status that the call does not expect.
    pub(super) fn refusal(&self, call: &Call<'_>, status: StatusCode, body: &[u8]) -> Fault {
        let words = self.words(body);
        let (kind, problem, effect) = match status {
            StatusCode::UNAUTHORIZED => {
                (FaultKind::Unauthenticated, "the API key is refused".into(), Effect::NotApplied)
            }
            StatusCode::FORBIDDEN => {
                (FaultKind::Denied, "the API refuses this program".into(), Effect::NotApplied)
            }
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                (FaultKind::Invalid, words.clone(), Effect::NotApplied)
            }
            StatusCode::TOO_MANY_REQUESTS => {
                (FaultKind::RateLimited, "too many calls".into(), Effect::NotApplied)
            }
            _ if status.is_server_error() => {
                (FaultKind::Unavailable, format!("it answers {status}"), call.in_doubt())
            }
            _ => (FaultKind::Protocol, format!("it answers {status}"), call.in_doubt()),
        };
        self.fault(call, kind, problem).with_effect(effect).caused_by(format!("{status}: {words}"))
    }

    /// The fault of a call that got no answer, or only a part of one.
    pub(super) fn silence(&self, call: &Call<'_>, error: reqwest::Error) -> Fault {
        let (kind, problem, effect) = if error.is_connect() {
            (FaultKind::Unavailable, "it cannot be reached", Effect::NotApplied)
        } else if error.is_timeout() {
            (FaultKind::Timeout, "no answer in time", call.in_doubt())
        } else {
            (FaultKind::Unavailable, "the connection broke", call.in_doubt())
        };
        // The address may hold credentials of an operator's making.
        let cause = anyhow::Error::from(error.without_url());
        self.fault(call, kind, problem).with_effect(effect).caused_by(format!("{cause:#}"))
    }

    /// The fault of an answer that cannot be read.
    pub(super) fn unreadable(&self, call: &Call<'_>, cause: impl fmt::Display) -> Fault {
        self.fault(call, FaultKind::Protocol, "its answer cannot be read")
            .with_effect(call.in_doubt())
            .caused_by(cause)
    }

    fn fault(&self, call: &Call<'_>, kind: FaultKind, problem: impl fmt::Display) -> Fault {
        let Call { zone, what, .. } = call;
        Fault::new(kind, format!("{what} zone {zone} on DNS server {}: {problem}", self.name))
    }

    /// PowerDNS's own words, cut short; the key is taken out should a proxy echo it.
    fn words(&self, body: &[u8]) -> String {
        let text = match serde_json::from_slice::<Refusal>(body) {
            Ok(refusal) => refusal.error,
            Err(_) => String::from_utf8_lossy(body).into_owned(),
        };
        let text = if self.key.is_empty() { text } else { text.replace(self.key.expose(), "***") };
        text.chars().filter(|it| !it.is_control()).take(MAX_WORDS).collect()
    }
}

impl Call<'_> {
    /// Whether the call had its effect, when only the server knows.
    fn in_doubt(&self) -> Effect {
        match self.act {
            Act::Read => Effect::NotApplied,
            Act::Write => Effect::Unknown,
        }
    }
}
