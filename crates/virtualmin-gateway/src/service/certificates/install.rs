//! Installs a certificate of a virtual server that is ours.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{fault::Fault, fence, secret::Secret};

use super::look::{Seen, certificate};
use crate::{
    panel::{
        certificates::certificates,
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

/// Serves `InstallCertificate`. No program tells the chain in a file of its own, so that a certificate with one is installed
/// again.
///
/// # Errors
/// `Invalid` with the field; `Refused` for a key of another certificate; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::InstallCertificateRequest>,
) -> Result<Seen, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let problem =
        "is no PEM of certificates; give text that begins with -----BEGIN CERTIFICATE-----";
    let wanted =
        certificates(&message.certificate).ok_or_else(|| Fault::invalid("certificate", problem))?;
    if !message.chain.is_empty() && certificates(&message.chain).is_none() {
        return Err(Fault::invalid("chain", problem));
    }
    let request = request(target.domain.as_str(), &message).map_err(Error::from)?;
    let v1::InstallCertificateRequest { server_id, fence, chain, .. } = message;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Certificates, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        let look = async || {
            let seen = certificate(panel, domain, deadline).await?;
            Ok(seen.filter(|it| certificates(&it.pem).as_ref() == Some(&wanted)))
        };
        if chain.is_empty()
            && let Some(seen) = look().await?
        {
            return Ok(seen);
        }
        let otherwise = "another certificate is there";
        let change = Change { request, there_already: None, otherwise };
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}

fn request(domain: &str, message: &v1::InstallCertificateRequest) -> Result<Request, Refusal> {
    let request = Request::on(&programs::certificates::INSTALL, domain)?
        .value("cert", &message.certificate)?
        .secret("key", &Secret::from(message.private_key.clone()))?;
    match message.chain.as_str() {
        "" => Ok(request),
        chain => request.value("ca", chain),
    }
}
