//! Finds one mail alias of a virtual server.

use model::fault::Fault;
use tokio::time::Instant;

use crate::panel::{
    aliases::{self, Alias},
    client::Panel,
    faults::Error,
};

/// The alias of this name, if there is one.
pub(super) async fn find(
    panel: &Panel,
    domain: &str,
    from: &str,
    deadline: Instant,
) -> Result<Option<Alias>, Fault> {
    let listing = aliases::listing(domain).map_err(Error::from)?;
    let aliases = panel.records::<Alias>(&listing, deadline).await?;
    Ok(aliases.into_iter().find(|it| it.from == from))
}
