//! Reads the backups and schedules of a virtual server.

use model::fault::Fault;
use tokio::time::Instant;

use crate::panel::{
    backups::{self, Run, Schedule},
    client::Panel,
    faults::Error,
};

/// The backups that ran, the oldest first.
pub(super) async fn runs(
    panel: &Panel,
    domain: &str,
    deadline: Instant,
) -> Result<Vec<Run>, Fault> {
    let listing = backups::runs(domain).map_err(Error::from)?;
    let mut runs = panel.records::<Run>(&listing, deadline).await?;
    runs.sort_by_key(|it| it.ended_unix_seconds);
    Ok(runs)
}

/// The schedules of this virtual server and of no other.
pub(super) async fn schedules(
    panel: &Panel,
    domain: &str,
    deadline: Instant,
) -> Result<Vec<Schedule>, Fault> {
    let mut schedules = panel.records::<Schedule>(&backups::schedules(), deadline).await?;
    schedules.retain(|it| it.domains == [domain]);
    Ok(schedules)
}

/// The schedule with this id, if the virtual server has one.
pub(super) async fn schedule(
    panel: &Panel,
    domain: &str,
    id: &str,
    deadline: Instant,
) -> Result<Option<Schedule>, Fault> {
    Ok(schedules(panel, domain, deadline).await?.into_iter().find(|it| it.id == id))
}
