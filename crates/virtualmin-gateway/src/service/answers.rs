//! Records and faults as the contract has them.

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

/// The answer to a call.
pub(super) type Answer<M> = Result<Response<M>, Status>;

/// The answer to a call. A fault is logged here, once, with its cause, which does not leave the house.
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
        // A look asks for what may be missing, and a caller waits for its turn: nothing to wake a person for.
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
