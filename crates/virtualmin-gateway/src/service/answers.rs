//! Records and faults as the contract has them.

use contracts::{gateway::v1, status};
use model::{
    fault::{Fault, FaultKind},
    quota::Limit,
};
use tonic::{Response, Status};

use crate::panel::{domains::Domain, info::Info};

impl From<Domain> for v1::Domain {
    fn from(domain: Domain) -> Self {
        let quota = match domain.server_quota {
            Some(Limit::AtMost(blocks)) => Some(blocks),
            Some(Limit::Unlimited) | None => None,
        };
        Self {
            r#type: domain.kind.as_str().to_owned(),
            name: domain.name,
            id: domain.id,
            username: domain.username,
            marker: domain.description,
            disabled: domain.disabled,
            features: domain.features,
            server_quota_kib: quota,
            used_bytes: domain.used_bytes,
            plan: domain.plan,
            created_unix_seconds: domain.created_unix_seconds,
            ip_address: domain.ip_address,
            parent_domain: domain.parent,
        }
    }
}

impl From<Info> for v1::ServerInfoResponse {
    fn from(info: Info) -> Self {
        Self {
            hostname: info.hostname,
            virtualmin_version: info.virtualmin_version,
            webmin_version: info.webmin_version,
        }
    }
}

/// The answer to a call. A fault is logged here, once, with its cause, which does not leave the house.
pub(super) fn answer<T, M: From<T>>(
    operation: &'static str,
    result: Result<T, Fault>,
) -> Result<Response<M>, Status> {
    match result {
        Ok(value) => Ok(Response::new(value.into())),
        Err(fault) => Err(refuse(operation, &fault)),
    }
}

/// The status of a fault, after it is logged.
pub(super) fn refuse(operation: &'static str, fault: &Fault) -> Status {
    let (kind, cause) = (fault.kind.as_str(), fault.cause.as_deref());
    match fault.kind {
        // A look asks for what may not be there, and turns are waited for: nothing to wake a person for.
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
    status::to_status(fault)
}
