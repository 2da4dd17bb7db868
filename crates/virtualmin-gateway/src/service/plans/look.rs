//! Reads the plans of a host's panel.

use model::fault::Fault;
use tokio::time::Instant;

use crate::panel::{client::Panel, plans::Plan, programs, request::Request};

/// All plans of the host: the panel calls one that it does not have a failure.
pub(super) async fn plans(panel: &Panel, deadline: Instant) -> Result<Vec<Plan>, Fault> {
    let listing = Request::new(&programs::plans::LIST);
    Ok(panel.records::<Plan>(&listing, deadline).await?)
}

/// The plan with this id, if there is one.
pub(super) async fn find(
    panel: &Panel,
    id: &str,
    deadline: Instant,
) -> Result<Option<Plan>, Fault> {
    Ok(plans(panel, deadline).await?.into_iter().find(|it| it.id == id))
}
