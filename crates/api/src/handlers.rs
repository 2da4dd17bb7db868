//! What the public API does, whichever face it is asked through: gRPC, REST or a command on RabbitMQ.
//!
//! Each handler takes who calls and the request's message, and answers with a message or a fault.

use std::sync::Arc;

use chassis::seal::Keyring;
use model::{
    fault::{Fault, FaultKind, Violation},
    ids::TenantId,
    job::Origin,
};
use store::Store;

use crate::{limit::Limiter, watch::Watches};

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

/// What handlers work with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) store: Store,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) watches: Watches,
    pub(crate) limiter: Limiter,
}

/// Who calls, and how to find the call again in logs and traces.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) tenant_id: TenantId,
    /// Whether the tenant looks after the platform.
    pub(crate) platform: bool,
    /// Such as `token:0190…` or `amqp:billing`.
    pub(crate) actor: String,
    pub(crate) correlation_id: String,
    pub(crate) traceparent: Option<String>,
}

impl Caller {
    /// The same, as jobs and the audit log keep it.
    pub(crate) fn origin(&self) -> Origin {
        Origin {
            actor: self.actor.clone(),
            correlation_id: self.correlation_id.clone(),
            traceparent: self.traceparent.clone(),
        }
    }
}

/// A value of the request clashes with what is there.
fn conflict(field: &str, problem: &str) -> Fault {
    Fault {
        violations: vec![Violation { field: field.to_owned(), message: problem.to_owned() }],
        ..Fault::new(FaultKind::Conflict, format!("{field}: {problem}"))
    }
}

/// A state or a policy does not allow it.
fn refused(why: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Refused, why)
}

/// Names the field whose value is taken, by the constraint that found it so.
fn taken(error: store::Error, constraints: &[(&str, &str, &str)]) -> Fault {
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
