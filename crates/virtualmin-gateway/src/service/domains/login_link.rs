//! Makes an address that logs the administrator of a virtual server in to the panel.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{
    fault::{Effect, Fault, FaultKind},
    fence::Change,
    secret::Secret,
};

use crate::{
    panel::{
        domains::Domain,
        faults::Error,
        login_link, programs,
        request::{Refusal, Request},
    },
    servers::Server,
    service::{Asked, Call, Gateway, requests},
};

/// Serves `CreateLoginLink`. The address is a secret until it is put into the answer. A link whose answer was lost lapses
/// unused, so that a repeat makes another.
///
/// # Errors
/// `Invalid` with the field; `Refused` for an administrator who has no login to the panel; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::CreateLoginLinkRequest>,
) -> Result<Secret, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let v1::CreateLoginLinkRequest { server_id, fence, lifetime_seconds, .. } = message;
    let request = request(target.domain.as_str(), lifetime_seconds).map_err(Error::from)?;
    let asked = Asked { server: &server_id, fence, change: Change::LoginLink, target };
    let work = async move |server: Arc<Server>, _: Domain| {
        let output = server.panel.run_secretly(request, deadline).await?;
        login_link::read(&output).ok_or_else(|| {
            Fault::new(FaultKind::Protocol, "the panel said success, but its answer has no link")
                .with_effect(Effect::Unknown)
        })
    };
    gateway.change_ours(asked, deadline, work).await
}

fn request(domain: &str, lifetime_seconds: u64) -> Result<Request, Refusal> {
    let request = Request::on(&programs::domains::LOGIN_LINK, domain)?;
    match lifetime_seconds {
        0 => Ok(request),
        seconds => request.value("lifetime", &seconds.to_string()),
    }
}
