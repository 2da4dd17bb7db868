//! `domain.quarantine`: switches off a virtual server that no row claims, and deletes nothing.

use engine::{Context, Step, Workflow};
use model::{
    fault::{Fault, FaultKind},
    server::QuarantineDomain,
};
use panels::UnclaimedPresence;
use serde::{Deserialize, Serialize};

use super::virtual_server::of_ours;
use crate::access::Access;

/// The reason that the panel shows.
const REASON: &str = "no account of PRAHO claims it";

/// The steps in their order.
pub(crate) fn workflow(access: &Access) -> Workflow<QuarantineDomain> {
    Workflow::new()
        .then(FindVirtualServer(access.clone()))
        .then(DisableVirtualServer(access.clone()))
}

/// Checks that the virtual server exists and is still unclaimed; touches nothing.
struct FindVirtualServer(Access);

/// The result of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Found {
    /// The virtual server is gone, switched off already, or claimed by now: there is nothing to do.
    Settled,
    /// The virtual server is switched on.
    On,
}

impl Step<QuarantineDomain> for FindVirtualServer {
    const NAME: &'static str = "find-unclaimed";
    type Output = Found;

    async fn run(&self, cx: &Context<'_, QuarantineDomain>) -> Result<Found, Fault> {
        let (server, domain) = (cx.order.server_id, &cx.order.domain);
        if self.0.store.is_claimed(domain).await? {
            return Ok(Found::Settled);
        }
        let known = self.0.store.server(cx.job.tenant_id, server).await?;
        known.ok_or_else(|| Fault::not_found("server", server))?;
        match self.0.gateway.find_unclaimed(server, domain).await? {
            UnclaimedPresence::Enabled => Ok(Found::On),
            UnclaimedPresence::Absent | UnclaimedPresence::Disabled => Ok(Found::Settled),
            UnclaimedPresence::Marked => {
                let message = format!("{domain} carries a mark of ours: a person has to look");
                Err(Fault::new(FaultKind::Conflict, message))
            }
        }
    }
}

/// Switches it off. A repeat needs no look: the gateway leaves a virtual server that is off as it is.
struct DisableVirtualServer(Access);

impl Step<QuarantineDomain> for DisableVirtualServer {
    const NAME: &'static str = "disable-unclaimed";
    type Output = ();

    async fn run(&self, cx: &Context<'_, QuarantineDomain>) -> Result<(), Fault> {
        if cx.output::<FindVirtualServer>()? == Found::Settled {
            return Ok(());
        }
        let (server, domain) = (cx.order.server_id, &cx.order.domain);
        self.0.gateway.disable_unclaimed(cx.job, server, domain, REASON).await
    }

    async fn undo(&self, cx: &Context<'_, QuarantineDomain>) -> Result<(), Fault> {
        if cx.output::<FindVirtualServer>()? == Found::Settled {
            return Ok(());
        }
        let (server, domain) = (cx.order.server_id, &cx.order.domain);
        of_ours(self.0.gateway.enable_unclaimed(cx.job, server, domain).await)
    }
}
