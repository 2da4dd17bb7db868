//! The few kinds of failure that a caller may act on.
//!
//! Each layer keeps its own errors, with their causes. Where one crosses a process, a queue or a job
//! row it becomes a [`Fault`]: the kind decides the gRPC status, the HTTP status and whether a job is
//! tried again, and each of those tables is written once.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};

use crate::words;

/// A failure as other services, job rows and people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What sort of failure it is.
    pub kind: FaultKind,
    /// Whether a mutation took place all the same.
    #[serde(default)]
    pub effect: Effect,
    /// Safe to show to a person who may see the object: no secret, no internals.
    pub message: String,
    /// The inputs that are wrong, where the kind is [`FaultKind::Invalid`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
    /// What lay beneath, for operators' logs only. Already free of secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// When the same call is worth another try, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u64>,
}

/// One wrong input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// The field as the caller wrote it, such as `domain` or `plan_id`.
    pub field: String,
    /// What is wrong with it, and the remedy.
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
    /// Who calls is not known.
    Unauthenticated,
    /// Who calls may not do this.
    Denied,
    /// It is not there.
    NotFound,
    /// It clashes with what is already there.
    Conflict,
    /// A policy said no: protection, a state that does not allow it, a budget.
    Refused,
    /// Too many calls; later is fine.
    RateLimited,
    /// Someone else holds what is needed; later is fine.
    Busy,
    /// A dependency did not take the call.
    Unavailable,
    /// No answer in time.
    Timeout,
    /// An answer that cannot be read.
    Protocol,
    /// A bug, or a state that should not exist.
    Internal,
}

/// Whether a mutation that failed took place all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It did.
    Applied,
    /// It did not.
    #[default]
    NotApplied,
    /// It may have: look before trying again.
    Unknown,
}

impl FaultKind {
    /// Every kind, for tables that must be whole.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// Whether the same call may succeed later with nothing changed.
    ///
    /// An unreadable answer counts as passing: a panel in trouble sends HTML, and the attempts are
    /// bounded anyway.
    pub fn is_transient(self) -> bool {
        match self {
            Self::RateLimited | Self::Busy | Self::Unavailable | Self::Timeout | Self::Protocol => {
                true
            }
            Self::Invalid
            | Self::Unauthenticated
            | Self::Denied
            | Self::NotFound
            | Self::Conflict
            | Self::Refused
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
            message: message.into(),
            violations: Vec::new(),
            cause: None,
            retry_after_seconds: None,
        }
    }

    /// One input is wrong: `field` as the caller wrote it, and what to do about it.
    pub fn invalid(field: impl Into<String>, problem: impl fmt::Display) -> Self {
        let (field, problem) = (field.into(), problem.to_string());
        Self {
            violations: vec![Violation { field: field.clone(), message: problem.clone() }],
            ..Self::new(FaultKind::Invalid, format!("{field}: {problem}"))
        }
    }

    /// Several inputs are wrong; `None` if `violations` is empty.
    pub fn all_invalid(violations: Vec<Violation>) -> Option<Self> {
        let message = violations
            .iter()
            .map(|it| format!("{}: {}", it.field, it.message))
            .collect::<Vec<_>>()
            .join("; ");
        (!violations.is_empty())
            .then(|| Self { violations, ..Self::new(FaultKind::Invalid, message) })
    }

    /// Whether it was only not our turn: nothing was done and nothing is wrong, so that waiting for the turn
    /// is no failed attempt.
    pub fn is_out_of_turn(&self) -> bool {
        self.kind == FaultKind::Busy && self.effect == Effect::NotApplied
    }

    /// There is no such `thing` (for this caller).
    pub fn not_found(thing: &str, id: impl fmt::Display) -> Self {
        Self::new(FaultKind::NotFound, format!("there is no {thing} {id}"))
    }

    /// A bug or an impossible state; `cause` is for the log.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(FaultKind::Internal, "an internal error; operators find the cause in the log")
            .caused_by(cause)
    }

    /// Adds what lay beneath, for operators. It must be free of secrets.
    pub fn caused_by(self, cause: impl fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..self }
    }

    /// Says whether a mutation took place.
    pub fn with_effect(self, effect: Effect) -> Self {
        Self { effect, ..self }
    }

    /// Says when to try again.
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

    #[test]
    fn an_invalid_input_names_its_field() {
        let fault = Fault::invalid("domain", "has no dot");
        assert_eq!(fault.message, "domain: has no dot");
        assert_eq!(fault.violations[0].field, "domain");
    }
}
