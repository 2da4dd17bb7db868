//! The few kinds of failure that a caller can act on.
//!
//! Each layer keeps its own errors, with their causes. An error that crosses a process, a queue or a job row
//! becomes a [`Fault`]. Its kind decides about the gRPC status, the HTTP status and a job's retry, and each
//! of those tables is written once.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};

use crate::words;

/// A failure as other services, job rows and people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The kind of failure, which decides about statuses and retries.
    pub kind: FaultKind,
    /// Whether the failed change took effect all the same.
    #[serde(default)]
    pub effect: Effect,
    /// The exact reason, where a caller acts on it and not only on the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<FaultReason>,
    /// The text for people who may see the object: no secret, no internals.
    pub message: String,
    /// The wrong inputs, if the kind is [`FaultKind::Invalid`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
    /// The cause, for operators' logs only; without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The seconds after which the same call is worth a retry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u64>,
}

/// One wrong input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// The field as the caller wrote it, such as `domain` or `plan_id`.
    pub field: String,
    /// The problem with its remedy.
    pub message: String,
}

/// The kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum FaultKind {
    /// The request can never succeed as it stands.
    Invalid,
    /// The caller is unknown.
    Unauthenticated,
    /// The caller may not do this.
    Denied,
    /// The object does not exist.
    NotFound,
    /// The request clashes with something that exists.
    Conflict,
    /// A policy forbids it: protection, a state that does not allow it, a budget.
    Refused,
    /// The tenant has as many of these as its quota allows; it does not pass by itself.
    OverQuota,
    /// There are too many calls; a later one may succeed.
    RateLimited,
    /// Another job or change holds what is needed; a later call may succeed.
    Busy,
    /// A server does no work until somebody mends it: it refuses our credentials, has another certificate, is in
    /// maintenance, has no space left, or has not answered for a while. This holds all jobs of the server.
    OutOfService,
    /// A dependency did not accept the call.
    Unavailable,
    /// No answer came in time.
    Timeout,
    /// The answer cannot be read.
    Protocol,
    /// A bug, or a state that should not exist.
    Internal,
}

/// The reasons that callers act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum FaultReason {
    /// The host has the user name, or the group or login of that name: another name may be free.
    UsernameTaken,
    /// Another tenant wants the domain, or one above or below it: a TXT record proves who controls it.
    DomainUnproven,
    /// A tenant that proved to control the domain cannot have it: the platform's owner decides.
    DomainInUse,
    /// The tenant has reached one of its quotas, which the message names.
    QuotaReached,
    /// The panel of a server does not answer: a person may allow the way to its shell for a time.
    PanelDown,
}

impl FaultReason {
    /// Every reason, for documents.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name, as in job rows and gRPC statuses.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Whether a failed change took effect all the same.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Effect {
    /// The change took effect.
    Applied,
    /// The change did not take effect.
    #[default]
    NotApplied,
    /// The change may have taken effect: look before a retry.
    Unknown,
}

impl Effect {
    /// The stable name, as in job rows and gRPC statuses.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl FaultKind {
    /// Every kind, for tables that must be whole.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// Whether the same call may succeed later with nothing changed.
    ///
    /// An unreadable answer counts as transient: a panel in trouble sends HTML, and the wait is limited anyway.
    pub fn is_transient(self) -> bool {
        match self {
            Self::RateLimited
            | Self::Busy
            | Self::OutOfService
            | Self::Unavailable
            | Self::Timeout
            | Self::Protocol => true,
            Self::Invalid
            | Self::Unauthenticated
            | Self::Denied
            | Self::NotFound
            | Self::Conflict
            | Self::Refused
            | Self::OverQuota
            | Self::Internal => false,
        }
    }

    /// The stable name, as in job rows and problem documents.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl Fault {
    /// A fault of `kind` that changed nothing.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            effect: Effect::NotApplied,
            reason: None,
            message: message.into(),
            violations: Vec::new(),
            cause: None,
            retry_after_seconds: None,
        }
    }

    /// The fault of one wrong input: `field` as the caller wrote it, with the problem and its remedy.
    pub fn invalid(field: impl Into<String>, problem: impl fmt::Display) -> Self {
        let (field, problem) = (field.into(), problem.to_string());
        Self {
            violations: vec![Violation { field: field.clone(), message: problem.clone() }],
            ..Self::new(FaultKind::Invalid, format!("{field}: {problem}"))
        }
    }

    /// The fault of several wrong inputs; `None` if `violations` is empty.
    pub fn all_invalid(violations: Vec<Violation>) -> Option<Self> {
        let message = violations
            .iter()
            .map(|it| format!("{}: {}", it.field, it.message))
            .collect::<Vec<_>>()
            .join("; ");
        (!violations.is_empty())
            .then(|| Self { violations, ..Self::new(FaultKind::Invalid, message) })
    }

    /// Whether the call only failed to get its turn. Nothing was done and nothing is wrong, so this is no failed
    /// attempt, and no outage.
    pub fn is_out_of_turn(&self) -> bool {
        self.kind == FaultKind::Busy && self.effect == Effect::NotApplied
    }

    /// The fault of a `thing` that does not exist (for this caller).
    pub fn not_found(thing: &str, id: impl fmt::Display) -> Self {
        Self::new(FaultKind::NotFound, format!("there is no {thing} {id}"))
    }

    /// The fault of a bug or an impossible state; `cause` is for the log.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(FaultKind::Internal, "an internal error; operators find the cause in the log")
            .caused_by(cause)
    }

    /// Adds the cause, for operators. It must be free of secrets.
    pub fn caused_by(self, cause: impl fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..self }
    }

    /// Sets the exact reason.
    pub fn with_reason(self, reason: FaultReason) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// Sets whether the change took effect.
    pub fn with_effect(self, effect: Effect) -> Self {
        Self { effect, ..self }
    }

    /// Sets the time before a retry, at least one second.
    pub fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after_seconds: Some(wait.as_secs().max(1)), ..self }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::pinned::are_stored;

    #[test]
    fn the_words_are_stored() {
        are_stored::<FaultKind>(
            "invalid unauthenticated denied not_found conflict refused over_quota rate_limited busy \
             out_of_service unavailable timeout protocol internal",
        );
        are_stored::<FaultReason>(
            "username_taken domain_unproven domain_in_use quota_reached panel_down",
        );
    }

    #[test]
    fn an_invalid_input_names_its_field() {
        let fault = Fault::invalid("domain", "has no dot");
        assert_eq!(fault.message, "domain: has no dot");
        assert_eq!(fault.violations[0].field, "domain");
    }
}
