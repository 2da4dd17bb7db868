//! Looks at PHP of one website.

use model::fault::Fault;
use tokio::time::Instant;

use crate::panel::{
    client::Panel,
    faults::{Error, unreadable},
    php::{self, Directory, Run, Settings},
    reason::Reason,
};

/// PHP of a website, all of it.
pub(super) struct Website {
    pub(super) run: Run,
    pub(super) directories: Vec<Directory>,
    pub(super) settings: Settings,
}

/// PHP of a website; `None` if the virtual server is gone or has no website.
pub(super) async fn website(
    panel: &Panel,
    domain: &str,
    deadline: Instant,
) -> Result<Option<Website>, Fault> {
    let listing = php::listing(domain).map_err(Error::from)?;
    let listed = match panel.records::<php::Php>(&listing, deadline).await {
        Err(error) if error.is(Reason::DoesNotExist) => return Ok(None),
        listed => listed?,
    };
    let run = match <[php::Php; 1]>::try_from(listed) {
        Ok([php::Php(Some(run))]) => run,
        Ok([php::Php(None)]) => return Ok(None),
        Err(_) => return Err(unreadable("the listing is not of one virtual server")),
    };
    let directories = directories(panel, domain, deadline).await?;
    let request = php::settings(domain).map_err(Error::from)?;
    // A website without PHP has no settings, and none are listed.
    let settings = panel.records::<Settings>(&request, deadline).await?.pop().unwrap_or_default();
    Ok(Some(Website { run, directories, settings }))
}

/// The directories of a website that have a version.
pub(super) async fn directories(
    panel: &Panel,
    domain: &str,
    deadline: Instant,
) -> Result<Vec<Directory>, Fault> {
    let request = php::directories(domain).map_err(Error::from)?;
    Ok(panel.records::<Directory>(&request, deadline).await?)
}
