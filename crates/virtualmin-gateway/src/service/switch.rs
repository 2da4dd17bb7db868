//! Switches a virtual server off and on.

use model::fault::Fault;
use tokio::time::Instant;

use super::{
    look::{self, Target},
    protection,
};
use crate::panel::{
    client::Panel,
    domains::Domain,
    errors::{Reason, failed_steps},
    faults::Error,
    program::Program,
    request::Request,
};

/// Switches it off; one that is off already stays as it is. `reason` is shown on the panel, unless empty.
pub(super) async fn disable(
    panel: &Panel,
    target: &Target,
    reason: &str,
    deadline: Instant,
) -> Result<Domain, Fault> {
    let mut request = Request::on(Program::DisableDomain, &target.domain).map_err(Error::from)?;
    if !reason.is_empty() {
        request = request.value("why", reason).map_err(Error::from)?;
    }
    switch(panel, target, request, false, deadline).await
}

/// Switches it on; one that is on already stays as it is.
pub(super) async fn enable(
    panel: &Panel,
    target: &Target,
    deadline: Instant,
) -> Result<Domain, Fault> {
    let request = Request::on(Program::EnableDomain, &target.domain).map_err(Error::from)?;
    switch(panel, target, request, true, deadline).await
}

/// Makes `request` if need be, so that it is on or off as wanted, and looks whether it is.
async fn switch(
    panel: &Panel,
    target: &Target,
    request: Request,
    on: bool,
    deadline: Instant,
) -> Result<Domain, Fault> {
    let domain = &target.domain;
    let seen = look::present(panel, target, deadline).await?;
    // The flag of a stranger is none of our business. If it is set, the look finds that nothing was done.
    let ours = target.marker.is_some();
    if seen.disabled.is_none() == on {
        if ours {
            // An earlier try may have ended between the switch and the flag.
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
