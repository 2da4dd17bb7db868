//! Lets the panel sign a certificate of a virtual server that is ours.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{fault::Fault, fence};

use super::look::{Seen, certificate};
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
        proof::{Change, prove},
        requests,
    },
};

/// Serves `SignCertificate`.
///
/// # Errors
/// `Invalid` with the field; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::SignCertificateRequest>,
) -> Result<Seen, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let request = request(target.domain.as_str(), &message).map_err(Error::from)?;
    let v1::SignCertificateRequest { server_id, fence, .. } = message;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Certificates, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        let before = certificate(panel, domain, deadline).await?.map(|it| it.pem);
        let otherwise = "there is no new certificate";
        let change = Change { request, there_already: None, otherwise };
        let look = async || {
            let after = certificate(panel, domain, deadline).await?;
            Ok(after.filter(|it| it.facts.self_signed && before.as_ref() != Some(&it.pem)))
        };
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}

fn request(domain: &str, message: &v1::SignCertificateRequest) -> Result<Request, Refusal> {
    let request = Request::on(&programs::certificates::SELF_SIGNED, domain)?
        .switch("self")?
        .values("alt", message.names.iter().map(String::as_str))?;
    match message.days {
        Some(days) => request.value("days", &days.to_string()),
        None => Ok(request),
    }
}
