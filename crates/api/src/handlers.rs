//! What the public API does, whichever face it is asked through: gRPC, REST or a command on RabbitMQ.
//!
//! Each handler takes who calls and the request's message, and answers with a message or a fault.

use model::fault::{Fault, FaultKind, Violation};

pub(crate) mod accounts;
pub(crate) mod dead_letters;
pub(crate) mod dns_servers;
pub(crate) mod drift;
pub(crate) mod jobs;
pub(crate) mod plans;
pub(crate) mod servers;
pub(crate) mod services;
pub(crate) mod tenants;
pub(crate) mod tokens;

/// A value of the request clashes with what is there.
pub(crate) fn conflict(field: &str, problem: &str) -> Fault {
    Fault {
        violations: vec![Violation { field: field.to_owned(), message: problem.to_owned() }],
        ..Fault::new(FaultKind::Conflict, format!("{field}: {problem}"))
    }
}

/// A state or a policy does not allow it.
pub(crate) fn refused(why: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Refused, why)
}

/// Names the field whose value is taken, by the constraint that found it so.
pub(crate) fn taken(error: store::Error, constraints: &[(&str, &str, &str)]) -> Fault {
    constraints
        .iter()
        .find(|(constraint, ..)| error.is_taken(constraint))
        .map_or_else(|| error.into(), |(_, field, problem)| conflict(field, problem))
}

/// Logs a fault where it leaves the service, and nowhere else.
pub(crate) fn log(fault: &Fault) {
    let (kind, cause) = (fault.kind.as_str(), fault.cause.as_deref());
    match fault.kind {
        FaultKind::Internal => {
            tracing::error!(fault.kind = kind, cause, "{}", fault.message);
        }
        _ if fault.kind.is_transient() => {
            tracing::warn!(fault.kind = kind, cause, "{}", fault.message);
        }
        // The caller's own mistake, and in the caller's words: nothing for our log but its kind.
        _ => tracing::info!(fault.kind = kind, "refused"),
    }
}
