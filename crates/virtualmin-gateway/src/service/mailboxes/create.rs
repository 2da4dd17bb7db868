//! Creates a mailbox in a virtual server that is ours.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{
    fault::{Fault, FaultKind},
    fence,
    secret::Secret,
};

use super::find::{blocks, find, keeps};
use crate::{
    panel::{
        domains::Domain,
        faults::Error,
        mailboxes::Mailbox,
        programs,
        request::{Refusal, Request},
    },
    servers::Server,
    service::{
        Asked, Call, Gateway,
        proof::{Change, prove},
        requests,
    },
};

/// Serves `CreateMailbox`.
///
/// # Errors
/// `Invalid` with the field; `Conflict` if there is a mailbox of that name; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::CreateMailboxRequest>,
) -> Result<Mailbox, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let request = request(target.domain.as_str(), &message).map_err(Error::from)?;
    let v1::CreateMailboxRequest { server_id, fence, user, quota_kib, .. } = message;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Mail, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        if find(panel, domain, &user, deadline).await?.is_some() {
            let message = format!("{domain} has a mailbox {user} already");
            return Err(Fault::new(FaultKind::Conflict, message));
        }
        let otherwise = "the mailbox is not there, or has another quota";
        let change = Change { request, there_already: None, otherwise };
        let is_made = |it: &Mailbox| keeps(it, quota_kib);
        let look = async || Ok(find(panel, domain, &user, deadline).await?.filter(is_made));
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}

fn request(domain: &str, message: &v1::CreateMailboxRequest) -> Result<Request, Refusal> {
    let request = Request::on(&programs::mailboxes::CREATE, domain)?
        .value("user", &message.user)?
        .secret("pass", &Secret::from(message.password.clone()))?
        .value("quota", &blocks(message.quota_kib))?
        .values("extra", message.extra_addresses.iter().map(String::as_str))?
        .switch("no-creation-mail")?;
    match message.real_name.as_str() {
        "" => Ok(request),
        name => request.value("real", name),
    }
}
