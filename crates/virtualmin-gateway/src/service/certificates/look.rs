//! Reads the certificate of a virtual server before and after a change.

use model::fault::{Fault, FaultKind};
use tokio::time::Instant;

use crate::panel::{
    certificates::{self, Attribute, Facts, PemLine},
    client::Panel,
    faults::Error,
    reason::Reason,
};

/// A certificate as its host has it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) facts: Facts,
    /// With what else is in its file.
    pub(super) pem: String,
}

/// The certificate of a virtual server, if it has one.
///
/// # Errors
/// Faults of the panel.
pub(super) async fn certificate(
    panel: &Panel,
    domain: &str,
    deadline: Instant,
) -> Result<Option<Seen>, Fault> {
    let listing = certificates::listing(domain).map_err(Error::from)?;
    let lines = match panel.records::<PemLine>(&listing, deadline).await {
        Err(error) if error.is(Reason::Absent) => return Ok(None),
        lines => lines?,
    };
    let unreadable = || Fault::new(FaultKind::Protocol, "the panel's certificate cannot be read");
    let pem = certificates::pem(lines).ok_or_else(unreadable)?;
    let request = certificates::facts(domain).map_err(Error::from)?;
    let attributes = panel.records::<Attribute>(&request, deadline).await?;
    let facts = Facts::read(&attributes).ok_or_else(unreadable)?;
    Ok(Some(Seen { facts, pem }))
}
