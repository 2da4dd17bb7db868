//! Deletes a sub-server or an alias server of a virtual server that is ours.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{domain::DomainName, fault::Fault, fence};

use super::part;
use crate::{
    panel::{domains::Domain, faults::Error, programs, reason::Reason, request::Request},
    servers::Server,
    service::{
        Asked, Call, Gateway,
        proof::{Change, prove},
        requests,
    },
};

/// Serves `DeletePart`; the answer tells whether the part existed.
///
/// # Errors
/// `Invalid` with the field; `Conflict` if it is not ours, or belongs to another virtual server; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::DeletePartRequest>,
) -> Result<bool, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let name: DomainName = requests::parse("name", &message.name)?;
    let request = Request::on(&programs::domains::DELETE, name.as_str()).map_err(Error::from)?;
    let v1::DeletePartRequest { server_id, fence, .. } = message;
    let whole = target.clone();
    let asked = Asked { server: &server_id, fence, change: fence::Change::Parts, target };
    let work = async move |server: Arc<Server>, _: Domain| {
        let panel = &server.panel;
        let look = async || {
            let found = part::find(panel, &whole, &name, deadline).await?;
            Ok(found.is_none().then_some(true))
        };
        if look().await?.is_some() {
            return Ok(false);
        }
        let there_already = Some(Reason::DoesNotExist);
        let change = Change { request, there_already, otherwise: "it is still there" };
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}
