//! Asks the rows whether a job may make a change, and keeps each refusal where operators look.

use model::{
    fault::{Fault, FaultKind},
    fence::{Asked, Claimant, Object, Refusal},
    ids::AccountId,
    job::Lane,
};
use opentelemetry::{KeyValue, metrics::Counter};
use serde_json::json;
use store::{Store, claims::Hold};

use crate::origin;

/// A change, and the claim under which it is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Fence {
    pub(crate) hold: Hold,
    pub(crate) asked: Asked,
}

/// Judges fences. Clones share the count of refusals.
#[derive(Clone)]
pub(crate) struct Fences {
    store: Store,
    refusals: Counter<u64>,
}

impl Fences {
    /// Make it after the start of telemetry.
    pub(crate) fn new(store: Store) -> Self {
        let refusals = chassis::telemetry::meter("virtualmin-gateway")
            .u64_counter("virtualmin.fence.refusals")
            .with_description("Changes that a job asked for and may not make, by reason")
            .build();
        // Shown as 0 from the start, so that an alert sees the first one.
        for refusal in Refusal::ALL {
            refusals.add(0, &[KeyValue::new("reason", refusal.as_str())]);
        }
        Self { store, refusals }
    }

    /// Passes a job that holds its lease and may make this change, as the rows are now; returns its lane.
    ///
    /// # Errors
    /// `Busy` if the job no longer holds its lease; `Denied`, `Refused` or `Conflict` if it may not; faults of the store.
    pub(crate) async fn check(&self, fence: &Fence) -> Result<Lane, Fault> {
        let Some(by) = self.store.claimant(fence.hold, &fence.asked).await? else {
            return Err(Fault::new(FaultKind::Busy, "the job no longer holds its lease"));
        };
        match fence.asked.judge(&by) {
            Ok(()) => Ok(by.lane),
            Err(refusal) => Err(self.refuse(fence, &by, refusal).await),
        }
    }

    /// The caller logs the fault, with its cause.
    async fn refuse(&self, fence: &Fence, by: &Claimant, refusal: Refusal) -> Fault {
        let Asked { change, server, object } = &fence.asked;
        let (job, kind) = (fence.hold.job, by.kind.as_str());
        self.refusals.add(1, &[KeyValue::new("reason", refusal.as_str())]);
        let origin = origin::of(job.target());
        let (domain, account) = (object.domain(), account(object));
        let operation = format!("gateway.{}", change.as_str());
        let detail = json!({
            "kind": kind, "target": by.target, "server_id": server, "account_id": account, "domain": domain,
            "reason": refusal.as_str(),
        });
        if let Err(error) = self.store.audit_denial(by.tenant_id, &origin, &operation, detail).await
        {
            tracing::warn!(job.id = %job, %error, "the refusal was not written to the audit log");
        }
        Fault::from(refusal).caused_by(format!(
            "job {job} ({kind}) on {} asks for {} on server {server}, {object:?}",
            by.target,
            change.as_str(),
        ))
    }
}

fn account(object: &Object) -> Option<AccountId> {
    match object {
        Object::Account(id, _) => Some(*id),
        Object::Unclaimed(_) | Object::Host => None,
    }
}
