//! Deletes a mail alias of a virtual server that is ours.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{fault::Fault, fence};

use super::find::find;
use crate::{
    panel::{domains::Domain, faults::Error, programs, reason::Reason, request::Request},
    servers::Server,
    service::{
        Asked, Call, Gateway,
        proof::{Change, prove},
        requests,
    },
};

/// Serves `DeleteAlias`; the answer tells whether the alias existed.
///
/// # Errors
/// `Invalid` with the field; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::DeleteAliasRequest>,
) -> Result<bool, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let request = Request::on(&programs::aliases::DELETE, target.domain.as_str())
        .and_then(|it| it.value("from", &message.from))
        .map_err(Error::from)?;
    let v1::DeleteAliasRequest { server_id, fence, from, .. } = message;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Mail, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        if find(panel, domain, &from, deadline).await?.is_none() {
            return Ok(false);
        }
        let change = Change {
            request,
            there_already: Some(Reason::Absent),
            otherwise: "the alias is still there",
        };
        let look =
            async || Ok(find(panel, domain, &from, deadline).await?.is_none().then_some(true));
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}
