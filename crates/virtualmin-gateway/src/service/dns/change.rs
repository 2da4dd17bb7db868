//! Makes a wish about the records of a zone come true, and proves it.

use std::sync::Arc;

use model::fault::Fault;
use tokio::time::Instant;

use super::wish::{Set, Wish};
use crate::{
    panel::{
        client::Panel,
        dns::{self, DnsRecord},
        domains::Domain,
        faults::Error,
    },
    servers::Server,
    service::{
        Asked, Gateway,
        proof::{Change, prove},
    },
};

/// The records of the set afterwards, and whether anything was changed.
pub(super) struct Done {
    pub(super) records: Vec<DnsRecord>,
    pub(super) changed: bool,
}

/// Changes the records of the set as wished, in one call.
///
/// # Errors
/// `Conflict` for a CNAME beside other records; faults of the panel.
pub(super) async fn apply(
    gateway: &Gateway,
    asked: Asked<'_>,
    (set, wish): (Set, Wish),
    deadline: Instant,
) -> Result<Done, Fault> {
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        let before = zone(panel, domain, deadline).await?;
        let plan = wish.plan(&set, &before);
        if plan.is_done() {
            return Ok(Done { records: set.of(before), changed: false });
        }
        plan.check(&set, &before)?;
        let request = plan.request(domain, &set, &before).map_err(Error::from)?;
        let otherwise = "the records are not as they should be";
        let change = Change { request, there_already: None, otherwise };
        let look = async || {
            let after = zone(panel, domain, deadline).await?;
            Ok(wish.plan(&set, &after).is_done().then(|| set.of(after)))
        };
        let records = prove(panel, change, deadline, look).await?;
        Ok(Done { records, changed: true })
    };
    gateway.change_ours(asked, deadline, work).await
}

async fn zone(panel: &Panel, domain: &str, deadline: Instant) -> Result<Vec<DnsRecord>, Fault> {
    let listing = dns::listing(domain).map_err(Error::from)?;
    Ok(panel.records::<DnsRecord>(&listing, deadline).await?)
}
