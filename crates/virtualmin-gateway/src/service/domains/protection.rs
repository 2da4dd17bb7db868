//! The panel's `protected` flag, which makes the panel skip commands for a virtual server, even those of root
//! and ours.
//!
//! No listing shows the flag, so every change that lifts it sets it again.

use model::fault::{Effect, Fault};
use tokio::time::Instant;

use crate::panel::{client::Panel, faults::Error, programs, request::Request};

pub(super) async fn set(panel: &Panel, domain: &str, deadline: Instant) -> Result<(), Fault> {
    let request =
        Request::on(&programs::domains::MODIFY, domain).and_then(|it| it.switch("protected"));
    panel.run(request.map_err(Error::from)?, deadline).await?;
    Ok(())
}

pub(super) async fn lift(panel: &Panel, domain: &str, deadline: Instant) -> Result<(), Fault> {
    let request =
        Request::on(&programs::domains::MODIFY, domain).and_then(|it| it.switch("unprotected"));
    panel.run(request.map_err(Error::from)?, deadline).await?;
    Ok(())
}

/// Sets the flag again after `result`, unless the panel may still be at work.
///
/// # Errors
/// The fault of `result`; after a successful change, the fault of setting the flag.
pub(super) async fn restore<T>(
    panel: &Panel,
    domain: &str,
    deadline: Instant,
    result: Result<T, Fault>,
) -> Result<T, Fault> {
    match result {
        Ok(value) => {
            let set = set(panel, domain, deadline).await;
            set.map(|()| value).map_err(|fault| fault.with_effect(Effect::Unknown))
        }
        Err(fault) if fault.effect == Effect::Unknown => Err(fault),
        Err(fault) => {
            if let Err(second) = set(panel, domain, deadline).await {
                tracing::warn!(%domain, error = %second, "the virtual server stays unprotected");
            }
            Err(fault)
        }
    }
}
