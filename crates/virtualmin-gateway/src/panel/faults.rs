//! Why a call failed, and what the failure tells about the call's effect.

use std::time::Duration;

use egress::StatusCode;
use model::{
    fault::{Effect, Fault, FaultKind, FaultReason},
    secret::Secret,
};

use super::{
    broken::Broken,
    envelope::Unreadable,
    errors::{Failure, scrub},
    reason::Reason,
    request::Refusal,
    transport::Answer,
};

/// Why a call failed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Error {
    /// The program reported a failure.
    Program(Failure),
    /// Anything else.
    Fault(Fault),
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Fault(Fault::invalid(refusal.flag, refusal.problem))
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::Program(failure) => failure.into(),
            Error::Fault(fault) => fault,
        }
    }
}

impl Error {
    /// The fault, unless the program itself said that it failed.
    pub(crate) fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Program(_) => None,
            Self::Fault(fault) => Some(fault),
        }
    }

    /// Whether the program failed for this reason.
    pub(crate) fn is(&self, reason: Reason) -> bool {
        matches!(self, Self::Program(failure) if failure.reason == reason)
    }
}

/// The fault of an answer that cannot be trusted.
pub(crate) fn unreadable(problem: impl ToString) -> Fault {
    Fault::new(FaultKind::Protocol, "the panel's answer cannot be read")
        .caused_by(problem.to_string())
}

/// The fault of a page for people in place of an answer.
pub(super) fn page(mutates: bool) -> Fault {
    let fault = unreadable(Unreadable::Page).with_reason(FaultReason::PanelDown);
    if mutates { unknown(fault) } else { fault }
}

/// The same fault, if something may have been changed.
pub(super) fn unknown(fault: Fault) -> Fault {
    fault.with_effect(Effect::Unknown)
}

/// The fault of a call without an answer.
pub(super) fn unanswered(broken: Broken, mutates: bool) -> Fault {
    let (kind, message) = match &broken {
        Broken::Connect(_) => (FaultKind::Unavailable, "the panel cannot be reached"),
        Broken::Refused(_) => (
            FaultKind::OutOfService,
            "the panel's address is not one that this installation connects to: give that of a public host, or let the \
             operator add its network to [egress] allow",
        ),
        Broken::Certificate(_) => {
            (FaultKind::OutOfService, "the panel's certificate is not the one that we trust")
        }
        Broken::Cut(_) => (FaultKind::Unavailable, "the connection to the panel broke"),
        Broken::TimedOut => (FaultKind::Timeout, "the panel did not answer in time"),
        Broken::TooLarge(_) => (FaultKind::Protocol, "the panel's answer is too large"),
        Broken::Crowded => {
            (FaultKind::RateLimited, "too many panels send large answers at once: try again later")
        }
    };
    let fault = Fault::new(kind, message).caused_by(&broken);
    let fault = match broken {
        Broken::Connect(_) => fault.with_reason(FaultReason::PanelDown),
        _ => fault,
    };
    if mutates && broken.may_have_arrived() { unknown(fault) } else { fault }
}

/// The most characters of a body that is no answer of the remote API in the log.
const MAX_EXCERPT: usize = 200;

/// The fault of an answer with a status other than 200. Its body may be anything, so that only the log gets its beginning.
pub(super) fn refused(answer: &Answer, secrets: &[&Secret], mutates: bool) -> Fault {
    let excerpt: String = scrub(&answer.body, secrets).chars().take(MAX_EXCERPT).collect();
    by_status(answer, mutates).caused_by(format!("{}: {excerpt}", answer.status))
}

fn by_status(answer: &Answer, mutates: bool) -> Fault {
    match answer.status {
        StatusCode::UNAUTHORIZED => Fault::new(
            FaultKind::OutOfService,
            "the panel refused our credentials; it is seldom tried, because it blocks an address after five refusals",
        ),
        StatusCode::FORBIDDEN => Fault::new(
            FaultKind::OutOfService,
            "the panel blocks our address, as it does for a minute after five wrong passwords",
        ),
        StatusCode::TOO_MANY_REQUESTS => {
            Fault::new(FaultKind::RateLimited, "the panel asks for fewer calls")
                .retry_after(Duration::from_secs(answer.retry_after.unwrap_or(30)))
        }
        status if status.is_server_error() => {
            let fault = Fault::new(FaultKind::Unavailable, format!("the panel answered {status}"));
            if mutates { unknown(fault) } else { fault }
        }
        // Another program listens there, or the module is gone.
        status if status == StatusCode::NOT_FOUND || status.is_redirection() => Fault::new(
            FaultKind::OutOfService,
            format!(
                "the panel answered {status}: is this the URL of Webmin, with Virtualmin in it?"
            ),
        ),
        status => Fault::new(FaultKind::Refused, format!("the panel answered {status}")),
    }
}
