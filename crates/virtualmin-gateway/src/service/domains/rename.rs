//! Gives a virtual server that is ours another domain, or its administrator another name.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{domain::DomainName, fault::Fault, fence, username::Username};

use crate::{
    panel::{
        domains::Domain,
        faults::Error,
        programs,
        request::{Refusal, Request},
    },
    servers::Server,
    service::{
        Asked, Call, Gateway,
        look::{self, Target},
        proof::{Change, prove},
        requests,
    },
};

/// Serves `RenameDomain`. The new name with our mark proves it, for the mark goes with the virtual server.
///
/// # Errors
/// `Invalid` with the field; `Conflict` if a name is taken; `NotFound` if neither domain exists; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::RenameDomainRequest>,
) -> Result<Domain, Fault> {
    let old = requests::target(&message.domain, &message.marker)?;
    let new: DomainName = requests::parse("new_domain", &message.new_domain)?;
    let user = match message.new_username.as_str() {
        "" => None,
        name => Some(requests::parse::<Username>("new_username", name)?),
    };
    if new == old.domain {
        return Err(Fault::invalid("new_domain", "is the domain that it has; give another"));
    }
    let request = request(old.domain.as_str(), new.as_str(), user.as_ref()).map_err(Error::from)?;
    let (server_id, object) = (message.server_id, old.object());
    let fence = gateway.admit(&server_id, message.fence, fence::Change::Rename, object).await?;
    let new = Target { domain: new, account: old.account };
    let work = async move |server: Arc<Server>| {
        let panel = &server.panel;
        let has_user = |it: &Domain| user.as_ref().is_none_or(|user| it.username == user.as_str());
        let look = async || Ok(look::before(panel, &new, deadline).await?.filter(has_user));
        if look::before(panel, &old, deadline).await?.is_none() {
            let missing = || Fault::not_found("virtual server", &old.domain);
            return look().await?.ok_or_else(missing);
        }
        let otherwise = "it has not the new name";
        let change = Change { request, there_already: None, otherwise };
        prove(panel, change, deadline, look).await
    };
    gateway.change(fence, deadline, work).await
}

fn request(old: &str, new: &str, user: Option<&Username>) -> Result<Request, Refusal> {
    let request = Request::on(&programs::domains::RENAME, old)?.value("new-domain", new)?;
    match user {
        None => Ok(request),
        Some(user) => request.value("new-user", user.as_str())?.switch("auto-home"),
    }
}

/// Serves `RenameUser`.
///
/// # Errors
/// `Invalid` with the field; `Conflict` if the name is taken; faults of the panel.
pub(super) async fn serve_user(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::RenameUserRequest>,
) -> Result<Domain, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let user: Username = requests::parse("new_username", &message.new_username)?;
    let request = Request::on(&programs::domains::MODIFY, target.domain.as_str())
        .and_then(|it| it.value("user", user.as_str()))
        .map_err(Error::from)?;
    let v1::RenameUserRequest { server_id, fence, .. } = message;
    let whole = target.clone();
    let asked = Asked { server: &server_id, fence, change: fence::Change::Rename, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let panel = &server.panel;
        let has_user = |it: &Domain| it.username == user.as_str();
        if has_user(&seen) {
            return Ok(seen);
        }
        let look = async || Ok(look::before(panel, &whole, deadline).await?.filter(has_user));
        let otherwise = "its administrator has another name";
        let change = Change { request, there_already: None, otherwise };
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}
