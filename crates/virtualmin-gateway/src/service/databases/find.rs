//! Finds one database in the listing of a virtual server.

use model::fault::Fault;
use tokio::time::Instant;

use crate::panel::{
    client::Panel,
    databases::{self, Database},
    faults::Error,
};

/// The database of this name and type, if there is one.
pub(super) async fn find(
    panel: &Panel,
    domain: &str,
    (name, kind): (&str, &str),
    deadline: Instant,
) -> Result<Option<Database>, Fault> {
    let listing = databases::listing(domain).map_err(Error::from)?;
    let databases = panel.records::<Database>(&listing, deadline).await?;
    Ok(databases.into_iter().find(|it| it.name == name && it.kind == kind))
}
