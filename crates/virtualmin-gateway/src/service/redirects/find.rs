//! Finds one redirect in the listing of a virtual server.

use model::fault::Fault;
use tokio::time::Instant;

use crate::panel::{
    client::Panel,
    faults::Error,
    redirects::{self, Redirect},
};

/// The redirect of this path and host name, if there is one. An empty host name is that of every name.
pub(super) async fn find(
    panel: &Panel,
    domain: &str,
    (path, host): (&str, &str),
    deadline: Instant,
) -> Result<Option<Redirect>, Fault> {
    let listing = redirects::listing(domain).map_err(Error::from)?;
    let redirects = panel.records::<Redirect>(&listing, deadline).await?;
    let is = |it: &Redirect| it.path == path && it.host.as_deref().unwrap_or_default() == host;
    Ok(redirects.into_iter().find(is))
}
