//! One call of PowerDNS's API, and the fault of a failed call.

use std::fmt;

use egress::{Method, Refused, StatusCode};
use model::{
    fault::{Effect, Fault, FaultKind},
    secret::Secret,
};
use serde::Deserialize;

/// The most characters of a text of the server in a fault or its cause.
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

/// The body of a refusal by PowerDNS; that of another program has other fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    error: String,
    #[serde(default, rename = "errors")]
    _errors: Vec<String>,
}

impl Call<'_> {
    /// The fault of an answer with a status that the call does not expect.
    pub(super) fn refusal(&self, status: StatusCode, body: &[u8]) -> Fault {
        let reason = self.reason(body);
        let told = reason.as_deref().unwrap_or("its answer gives no reason");
        let (kind, problem, effect) = match status {
            StatusCode::UNAUTHORIZED => {
                (FaultKind::OutOfService, "the API key is refused".into(), Effect::NotApplied)
            }
            StatusCode::FORBIDDEN => {
                (FaultKind::OutOfService, "the API refuses this program".into(), Effect::NotApplied)
            }
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                (FaultKind::Invalid, told.to_owned(), Effect::NotApplied)
            }
            StatusCode::TOO_MANY_REQUESTS => {
                (FaultKind::RateLimited, "too many calls".into(), Effect::NotApplied)
            }
            _ if status.is_server_error() => (
                FaultKind::Unavailable,
                answered(status, reason.as_deref()),
                self.effect_in_doubt(),
            ),
            _ => (FaultKind::Protocol, answered(status, reason.as_deref()), self.effect_in_doubt()),
        };
        let body = self.masked(&String::from_utf8_lossy(body));
        self.fault(kind, problem).with_effect(effect).caused_by(format!("{status}: {body}"))
    }

    /// The fault of a server whose address is not connected to.
    pub(super) fn refused(&self, refused: Refused) -> Fault {
        let problem = match refused {
            // A name may have hidden it from its reader.
            Refused::Address(_) => {
                "its address is not one that this installation connects to: give that of a public host, or let the \
                 operator add its network to [egress] allow"
                    .to_owned()
            }
            Refused::Plaintext => format!("its URL {refused}"),
        };
        self.fault(FaultKind::OutOfService, problem).caused_by(format!("the address {refused}"))
    }

    /// The fault of a URL that cannot be called.
    pub(super) fn unusable(&self, cause: impl fmt::Display) -> Fault {
        self.fault(FaultKind::OutOfService, "its URL cannot be read").caused_by(cause)
    }

    /// The fault of a call with no answer, or with only a part of one.
    pub(super) fn no_answer(&self, error: egress::Error) -> Fault {
        if let Some(refused) = Refused::behind(&error) {
            return self.refused(refused);
        }
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

    /// PowerDNS's own reason; `None` for a body that is not PowerDNS's. That goes to the log alone: whoever names a server
    /// does not get to read what another program answers there.
    fn reason(&self, body: &[u8]) -> Option<String> {
        let refusal: Refusal = serde_json::from_slice(body).ok()?;
        Some(self.masked(&refusal.error))
    }

    /// A text of the server on one line, cut to its limit and without the key, which a proxy may echo.
    fn masked(&self, text: &str) -> String {
        let text = match self.key.is_empty() {
            true => text.to_owned(),
            false => text.replace(self.key.expose(), "***"),
        };
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

/// A status with PowerDNS's reason, if there is one that says more.
fn answered(status: StatusCode, reason: Option<&str>) -> String {
    match reason.filter(|it| !it.is_empty() && status.canonical_reason() != Some(*it)) {
        Some(reason) => format!("it answers {status}: {reason}"),
        None => format!("it answers {status}"),
    }
}
