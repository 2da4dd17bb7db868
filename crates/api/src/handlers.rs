//! The operations of the public API, shared by gRPC, REST and the commands on RabbitMQ.
//!
//! Each handler takes the caller and the request's message, and answers with a message or a fault.

use model::fault::{Fault, FaultKind, Violation};

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod dead_letters;
mod deletion;
pub(crate) mod dns_servers;
pub(crate) mod domains;
pub(crate) mod drift;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod plans;
pub(crate) mod programs;
pub(crate) mod publishers;
pub(crate) mod servers;
pub(crate) mod services;
pub(crate) mod tenants;
pub(crate) mod tokens;

/// The fault for a value that clashes with an existing row.
pub(crate) fn conflict(field: &str, problem: &str) -> Fault {
    Fault {
        violations: vec![Violation { field: field.to_owned(), message: problem.to_owned() }],
        ..Fault::new(FaultKind::Conflict, format!("{field}: {problem}"))
    }
}

/// The fault for a request that a state or a policy forbids.
pub(crate) fn refused(why: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Refused, why)
}

/// Turns a violated unique constraint into a fault that names the field.
pub(crate) fn taken(error: store::Error, constraints: &[(&str, &str, &str)]) -> Fault {
    constraints
        .iter()
        .find(|(constraint, ..)| error.is_taken(constraint))
        .map_or_else(|| error.into(), |(_, field, problem)| conflict(field, problem))
}

/// Logs a fault. Only the code that sends the fault to the caller calls this.
pub(crate) fn log(fault: &Fault) {
    let (kind, cause) = (fault.kind.as_str(), fault.cause.as_deref());
    match fault.kind {
        FaultKind::Internal => {
            tracing::error!(fault.kind = kind, cause, "{}", fault.message);
        }
        _ if fault.kind.is_transient() => {
            tracing::warn!(fault.kind = kind, cause, "{}", fault.message);
        }
        // The caller's own mistake: the message may hold the caller's words, so the log gets the kind only.
        _ => tracing::info!(fault.kind = kind, "refused"),
    }
}
