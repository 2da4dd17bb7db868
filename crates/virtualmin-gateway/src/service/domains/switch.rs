//! Switches a virtual server off and on.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{fault::Fault, fence::Change};
use tokio::time::Instant;

use super::protection;
use crate::{
    panel::{
        client::Panel, domains::Domain, errors::failed_steps, faults::Error, programs,
        reason::Reason, request::Request,
    },
    servers::Server,
    service::{
        Call, Gateway,
        look::{self, Target},
        requests,
    },
};

/// Serves `DisableDomain`.
///
/// # Errors
/// `Invalid` with the field; faults of the panel.
pub(super) async fn serve_disable(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::DisableDomainRequest>,
) -> Result<Domain, Fault> {
    let target = requests::switched(&message.domain, &message.marker, message.unclaimed)?;
    let change = if message.unclaimed { Change::DisableUnclaimed } else { Change::Disable };
    let object = target.object();
    let fence = gateway.admit(&message.server_id, message.fence, change, object).await?;
    let reason = requests::reason(&message.reason);
    let work =
        async move |server: Arc<Server>| disable(&server.panel, &target, &reason, deadline).await;
    gateway.change(fence, deadline, work).await
}

/// Serves `EnableDomain`.
///
/// # Errors
/// As [`serve_disable`].
pub(super) async fn serve_enable(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::EnableDomainRequest>,
) -> Result<Domain, Fault> {
    let target = requests::switched(&message.domain, &message.marker, message.unclaimed)?;
    let change = if message.unclaimed { Change::EnableUnclaimed } else { Change::Enable };
    let object = target.object();
    let fence = gateway.admit(&message.server_id, message.fence, change, object).await?;
    let work = async move |server: Arc<Server>| enable(&server.panel, &target, deadline).await;
    gateway.change(fence, deadline, work).await
}

/// Switches it off; one that is off already stays as it is. The panel shows `reason`, unless it is empty.
async fn disable(
    panel: &Panel,
    target: &Target,
    reason: &str,
    deadline: Instant,
) -> Result<Domain, Fault> {
    let mut request =
        Request::on(&programs::domains::DISABLE, target.domain.as_str()).map_err(Error::from)?;
    if !reason.is_empty() {
        request = request.value("why", reason).map_err(Error::from)?;
    }
    switch(panel, target, request, false, deadline).await
}

/// Switches it on; one that is on already stays as it is.
async fn enable(panel: &Panel, target: &Target, deadline: Instant) -> Result<Domain, Fault> {
    let request =
        Request::on(&programs::domains::ENABLE, target.domain.as_str()).map_err(Error::from)?;
    switch(panel, target, request, true, deadline).await
}

/// Sends `request` if the virtual server is not yet on or off as wanted, and reads back the result.
async fn switch(
    panel: &Panel,
    target: &Target,
    request: Request,
    on: bool,
    deadline: Instant,
) -> Result<Domain, Fault> {
    let domain = target.domain.as_str();
    let seen = look::present(panel, target, deadline).await?;
    // An unclaimed virtual server keeps its flag. If the flag is set, the look finds that the switch had no
    // effect.
    let ours = target.account.is_some();
    if seen.disabled.is_none() == on {
        if ours {
            // An earlier try may have ended after the switch, before it set the flag.
            protection::set(panel, domain, deadline).await?;
        }
        return Ok(seen);
    }
    if ours {
        protection::lift(panel, domain, deadline).await?;
    }
    let there_already = if on { Reason::NotDisabled } else { Reason::AlreadyDisabled };
    let switched = match panel.run(request, deadline).await {
        Ok(output) => Ok(failed_steps(&output, &[])),
        Err(error) if error.is(there_already) => Ok(None),
        Err(error) => Err(Fault::from(error)),
    };
    let step = match ours {
        true => protection::restore(panel, domain, deadline, switched).await?,
        false => switched?,
    };
    let seen = look::after(panel, target, deadline).await?;
    let seen = seen.ok_or_else(|| look::without_effect("it is gone", step.clone()))?;
    if seen.disabled.is_none() == on {
        return Ok(seen);
    }
    let still = if on { "it is still switched off" } else { "it is still switched on" };
    Err(look::without_effect(still, step))
}
