//! Makes a change and proves by a look that it took effect, whatever the panel said.

use model::fault::{Effect, Fault};
use tokio::time::Instant;

use super::look::{whole, without_effect};
use crate::panel::{client::Panel, errors::failed_steps, reason::Reason, request::Request};

/// A change, and what the panel says if it is there already.
pub(super) struct Change {
    pub(super) request: Request,
    /// Such a failure is no failure, if the look finds the effect.
    pub(super) there_already: Option<Reason>,
    /// What the look found instead of the effect, such as `it is still there`.
    pub(super) otherwise: &'static str,
}

/// Makes the change and returns what the look finds of it. The look returns `None` if the effect is not there.
///
/// A change of unknown outcome is settled if the look finds the effect. If it does not, the panel may still be at work, so
/// that the outcome stays unknown.
///
/// # Errors
/// The fault of the panel, with the effect of the change.
pub(super) async fn prove<T>(
    panel: &Panel,
    Change { request, there_already, otherwise }: Change,
    deadline: Instant,
    look: impl AsyncFnOnce() -> Result<Option<T>, Fault>,
) -> Result<T, Fault> {
    let secrets: Vec<_> = request.secrets().iter().collect();
    let (unsettled, step) = match panel.run(request.clone(), deadline).await {
        Ok(output) => (None, failed_steps(&output, &secrets)),
        Err(error) => {
            let is_there = there_already.is_some_and(|reason| error.is(reason));
            let fault = Fault::from(error);
            if !is_there && fault.effect != Effect::Unknown {
                return Err(fault);
            }
            (Some(fault), None)
        }
    };
    match (look().await, unsettled) {
        (Ok(Some(found)), None) => whole(found, step),
        (Ok(Some(found)), Some(_)) => Ok(found),
        (Ok(None), None) => Err(without_effect(otherwise, step)),
        (Ok(None) | Err(_), Some(fault)) => Err(fault),
        (Err(fault), None) => Err(fault.with_effect(Effect::Unknown)),
    }
}
