//! Requests a certificate of an authority for a virtual server that is ours.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{
    fault::{Fault, FaultKind},
    fence,
};
use tokio::time::Instant;

use super::look::{Seen, certificate};
use crate::{
    panel::{
        client::Panel,
        domains::Domain,
        faults::Error,
        program::Program,
        programs::certificates::{ACME, LETSENCRYPT},
        request::{Refusal, Request},
    },
    servers::Server,
    service::{
        Asked, Call, Gateway,
        proof::{Change, prove},
        requests,
    },
};

/// Serves `RequestCertificate`.
///
/// # Errors
/// `Invalid` with the field; `Refused` if the host has no program for it, and if the authority does not issue one; faults of
/// the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::RequestCertificateRequest>,
) -> Result<Seen, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    // Checked before the server's turn; which of the two programs the host has is asked in it.
    request(&ACME, target.domain.as_str(), &message.names).map_err(Error::from)?;
    let v1::RequestCertificateRequest { server_id, fence, names, valid_until_unix_seconds, .. } =
        message;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Certificates, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        let before = certificate(panel, domain, deadline).await?;
        let fits = |it: &Seen| {
            !it.facts.self_signed && names.iter().all(|name| it.facts.names.contains(name))
        };
        let lasts = |it: &Seen| it.facts.not_after_unix_seconds >= valid_until_unix_seconds;
        if valid_until_unix_seconds > 0
            && let Some(seen) = before.as_ref().filter(|it| fits(it) && lasts(it))
        {
            return Ok(seen.clone());
        }
        let program = program(panel, deadline).await?;
        let request = request(program, domain, &names).map_err(Error::from)?;
        let otherwise = "there is no new certificate of an authority with these names";
        let change = Change { request, there_already: None, otherwise };
        let before = before.map(|it| it.pem);
        let look = async || {
            let after = certificate(panel, domain, deadline).await?;
            Ok(after.filter(|it| fits(it) && before.as_ref() != Some(&it.pem)))
        };
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}

/// The program of the host for ACME.
async fn program(panel: &Panel, deadline: Instant) -> Result<&'static Program, Fault> {
    let programs = panel.programs(deadline).await?;
    let own = [&ACME, &LETSENCRYPT].into_iter().find(|it| programs.has(it));
    own.ok_or_else(|| {
        let message = format!(
            "the panel has neither {} nor {}: install Virtualmin 8.1 or later",
            ACME.name, LETSENCRYPT.name
        );
        Fault::new(FaultKind::Refused, message)
    })
}

fn request(program: &'static Program, domain: &str, names: &[String]) -> Result<Request, Refusal> {
    let request = Request::on(program, domain)?.switch("renew")?;
    match names {
        [] => request.switch("default-hosts"),
        names => request.values("host", names.iter().map(String::as_str)),
    }
}
