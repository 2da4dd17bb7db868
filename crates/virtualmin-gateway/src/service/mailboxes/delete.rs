//! Deletes a mailbox of a virtual server that is ours, with its mail.

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

/// Serves `DeleteMailbox`; the answer tells whether the mailbox existed.
///
/// # Errors
/// `Invalid` with the field; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::DeleteMailboxRequest>,
) -> Result<bool, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let request = Request::on(&programs::mailboxes::DELETE, target.domain.as_str())
        .and_then(|it| it.value("user", &message.user))
        .map_err(Error::from)?;
    let v1::DeleteMailboxRequest { server_id, fence, user, .. } = message;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Mail, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        if find(panel, domain, &user, deadline).await?.is_none() {
            return Ok(false);
        }
        let there_already = Some(Reason::Absent);
        let change = Change { request, there_already, otherwise: "the mailbox is still there" };
        let look =
            async || Ok(find(panel, domain, &user, deadline).await?.is_none().then_some(true));
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}
