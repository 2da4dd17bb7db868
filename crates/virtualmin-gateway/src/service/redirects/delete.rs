//! Deletes a redirect of a website of a virtual server that is ours.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{fault::Fault, fence};

use crate::{
    panel::{domains::Domain, faults::Error, programs, reason::Reason, request::Request},
    servers::Server,
    service::{
        Asked, Call, Gateway,
        proof::{Change, prove},
        redirects::find::find,
        requests,
    },
};

/// Serves `DeleteRedirect`; the answer tells whether the redirect existed.
///
/// # Errors
/// `Invalid` with the field; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::DeleteRedirectRequest>,
) -> Result<bool, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let v1::DeleteRedirectRequest { server_id, fence, path, host, .. } = message;
    let request = Request::on(&programs::php::DELETE_REDIRECT, target.domain.as_str())
        .and_then(|it| it.value("path", &path))
        .and_then(|it| if host.is_empty() { Ok(it) } else { it.value("host", &host) })
        .map_err(Error::from)?;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Website, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        let look = async || {
            let found = find(panel, domain, (&path, &host), deadline).await?;
            Ok(found.is_none().then_some(true))
        };
        if look().await?.is_some() {
            return Ok(false);
        }
        let there_already = Some(Reason::Absent);
        let change = Change { request, there_already, otherwise: "the redirect is still there" };
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}
