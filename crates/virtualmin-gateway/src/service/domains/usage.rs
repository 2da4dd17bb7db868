//! Reads what a virtual server uses.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{domain::DomainName, fault::Fault};

use crate::{
    panel::{
        faults::{Error, unreadable},
        reason::Reason,
        usage::{self, Day, Transfer, Usage},
    },
    servers::{Purpose, Server},
    service::{Call, Gateway, requests},
};

/// Serves `GetUsage`, with two calls of the panel at the pace of one.
///
/// # Errors
/// `Invalid` with the field; `NotFound` if the virtual server does not exist; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::GetUsageRequest>,
) -> Result<v1::Usage, Fault> {
    let domain: DomainName = requests::parse("domain", &message.domain)?;
    let v1::GetUsageRequest { server_id, from_date, to_date, with_parts, .. } = message;
    let listing = usage::listing(domain.as_str()).map_err(Error::from)?;
    let days = usage::transfer(domain.as_str(), &from_date, &to_date, with_parts);
    let days = days.map_err(Error::from)?;
    let work = async move |server: Arc<Server>| {
        let usage = match server.panel.records::<Usage>(&listing, deadline).await {
            Err(error) if error.is(Reason::DoesNotExist) => {
                return Err(Fault::not_found("virtual server", domain));
            }
            usage => usage?,
        };
        let transfer = server.panel.records::<Transfer>(&days, deadline).await?;
        match (<[Usage; 1]>::try_from(usage), <[Transfer; 1]>::try_from(transfer)) {
            (Ok([usage]), Ok([transfer])) => Ok((usage, transfer)),
            _ => Err(unreadable("the listing is not of one virtual server")),
        }
    };
    let (usage, transfer) = gateway.read(&server_id, Purpose::Read, deadline, work).await?;
    let day = |Day { date, bytes }| v1::Transfer { date, bytes: bytes.into_iter().collect() };
    Ok(v1::Usage {
        disk_bytes: usage.disk,
        user_disk_bytes: usage.user_disk,
        database_bytes: usage.databases,
        transfer_bytes: usage.transfer,
        days: transfer.days.into_iter().map(day).collect(),
    })
}
