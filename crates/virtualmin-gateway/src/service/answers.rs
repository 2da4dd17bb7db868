//! Turns records and faults into the messages of the contract.

use contracts::{gateway::v1, status};
use model::{
    fault::{Fault, FaultKind},
    quota::Limit,
};
use tonic::{Response, Status};

use crate::panel::domains::Domain;

impl From<Domain> for v1::Domain {
    fn from(domain: Domain) -> Self {
        let quota = |limit| match limit {
            Limit::AtMost(blocks) => v1::Quota { limit_kib: Some(blocks) },
            Limit::Unlimited => v1::Quota { limit_kib: None },
        };
        Self {
            r#type: domain.kind.as_str().to_owned(),
            name: domain.name,
            id: domain.id,
            username: domain.username,
            marker: domain.description,
            disabled: domain.disabled,
            features: domain.features,
            quota: domain.server_quota.map(quota),
            used_bytes: domain.used_bytes,
            plan: domain.plan,
            created_unix_seconds: domain.created_unix_seconds,
            ip_address: domain.ip_address,
            parent_domain: domain.parent,
        }
    }
}

pub(super) type Answer<M> = Result<Response<M>, Status>;

/// Answers a call. A fault is logged here, once, with its cause, which is not sent to the caller.
pub(super) fn answer<T, M: From<T>>(
    operation: &'static str,
    result: Result<T, Fault>,
) -> Answer<M> {
    match result {
        Ok(value) => Ok(Response::new(value.into())),
        Err(fault) => {
            log(operation, &fault);
            Err(status::to_status(&fault))
        }
    }
}

fn log(operation: &'static str, fault: &Fault) {
    let (kind, cause) = (fault.kind.as_str(), fault.cause.as_deref());
    match fault.kind {
        // A look may ask for a missing virtual server, and a caller may wait for its turn: neither needs an
        // alert.
        FaultKind::NotFound | FaultKind::Busy => {
            tracing::info!(operation, fault.kind = kind, fault.cause = cause, "{fault}");
        }
        _ => tracing::warn!(
            operation,
            fault.kind = kind,
            fault.effect = ?fault.effect,
            fault.cause = cause,
            "{fault}",
        ),
    }
}
