//! The arguments of every handler: the parts of the service, and the caller.

use std::sync::Arc;

use chassis::seal::Keyring;
use egress::Egress;
use model::{ids::TenantId, job::Origin, public_suffix::PublicSuffixes};
use store::Store;

use crate::{limit::Limiter, watch::Watches};

/// The parts of the service that handlers use. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) store: Store,
    pub(crate) keyring: Arc<Keyring>,
    /// The addresses that servers may have.
    pub(crate) egress: Egress,
    pub(crate) watches: Watches,
    pub(crate) limiter: Limiter,
    pub(crate) suffixes: Arc<PublicSuffixes>,
}

/// The caller of a request, with the ids that find the request in logs and traces.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) tenant_id: TenantId,
    /// Whether the caller's tenant is the platform's.
    pub(crate) platform: bool,
    /// Such as `token:0190…` or `amqp:billing`.
    pub(crate) actor: String,
    pub(crate) correlation_id: String,
    pub(crate) traceparent: Option<String>,
}

impl Caller {
    /// The caller as jobs and the audit log record it.
    pub(crate) fn origin(&self) -> Origin {
        Origin {
            actor: self.actor.clone(),
            correlation_id: self.correlation_id.clone(),
            traceparent: self.traceparent.clone(),
        }
    }
}
