//! The arguments of every handler: the parts of the service, and the caller.

use std::{net::IpAddr, sync::Arc, time::Duration};

use chassis::seal::Keyring;
use egress::{Egress, Resolvers};
use model::{
    ids::{ApiTokenId, TenantId},
    job::Origin,
    public_suffix::PublicSuffixes,
};
use store::Store;

use crate::{
    limit::Limiter,
    lookup::Lookup,
    quotas::Quotas,
    shares::{Holder, Shares},
    watch::Watches,
};

/// The parts of the service that handlers use. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) store: Store,
    pub(crate) keyring: Arc<Keyring>,
    /// The addresses that servers may have.
    pub(crate) egress: Egress,
    pub(crate) watches: Watches,
    pub(crate) lookup: Lookup,
    pub(crate) limiter: Limiter<ApiTokenId>,
    /// The calls of all tokens of a tenant.
    pub(crate) tenant_calls: Limiter<TenantId>,
    pub(crate) quotas: Quotas,
    /// The calls under way.
    pub(crate) calls: Shares,
    /// The calls whose bodies are read.
    pub(crate) bodies: Shares,
    /// The time in which a body must come.
    pub(crate) body_limit: Duration,
    pub(crate) suffixes: Arc<PublicSuffixes>,
    /// Days for which a service that was never activated holds its domain.
    pub(crate) hold_days: u16,
    /// They look proofs of control of domains up.
    pub(crate) resolvers: Resolvers,
}

/// The caller of a request, with the ids that find the request in logs and traces.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) tenant_id: TenantId,
    /// Whether the caller's tenant is the platform's.
    pub(crate) platform: bool,
    /// Such as `token:0190…` or `amqp:billing`.
    pub(crate) actor: String,
    /// By whom the caller's places are counted; `None` for commands.
    pub(crate) holder: Option<Holder>,
    pub(crate) client_address: Option<IpAddr>,
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
            client_address: self.client_address,
        }
    }
}
