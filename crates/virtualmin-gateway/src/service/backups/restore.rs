//! Restores a virtual server that is ours.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{
    fault::{Effect, Fault, FaultKind},
    fence,
    secret::Secret,
};

use super::fields;
use crate::{
    panel::{
        domains::Domain,
        errors::failed_steps,
        faults::Error,
        programs,
        request::{Refusal, Request},
    },
    servers::Server,
    service::{Asked, Call, Gateway, look, requests},
};

/// Serves `RestoreDomain`. Only the answer tells what was restored, so that a lost one leaves the effect unknown; a repeat
/// restores the same.
///
/// # Errors
/// `Invalid` with the field; `NotFound` if the backup is not there or does not have the virtual server; `Unavailable` if a
/// step failed; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::RestoreDomainRequest>,
) -> Result<v1::RestoreDomainResponse, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let source = Secret::from(message.destination.clone());
    let request = request(target.domain.as_str(), &source, &message).map_err(Error::from)?;
    let v1::RestoreDomainRequest { server_id, fence, .. } = message;
    let meant = target.clone();
    let asked = Asked { server: &server_id, fence, change: fence::Change::Backups, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        let output = panel.run(request, deadline).await?;
        // The panel calls it a success even if the archive does not have the virtual server (239).
        if !output.lines().any(|line| is_of(line, domain)) {
            let message = format!("the backup does not have {domain}: nothing was restored");
            return Err(Fault::new(FaultKind::NotFound, message));
        }
        // An archive of another one of that name would have taken our mark away.
        let after = look::after(panel, &meant, deadline).await?;
        let gone = || {
            let message = format!("{domain} is gone after its restoration");
            Fault::new(FaultKind::Protocol, message).with_effect(Effect::Unknown)
        };
        look::whole(after.ok_or_else(gone)?, failed_steps(&output, &[&source]))?;
        Ok(v1::RestoreDomainResponse {})
    };
    gateway.change_ours(asked, deadline, work).await
}

fn request(
    domain: &str,
    source: &Secret,
    message: &v1::RestoreDomainRequest,
) -> Result<Request, Refusal> {
    let request = Request::on(&programs::backups::RESTORE, domain)?
        .secret("source", source)?
        .switch("only-existing")?;
    fields::features(request, &message.features)
}

/// Whether a line begins the restoration of the virtual server (237).
fn is_of(line: &str, domain: &str) -> bool {
    line.trim()
        .strip_prefix("Restoring backup for virtual server ")
        .and_then(|it| it.strip_suffix(" .."))
        .is_some_and(|it| it == domain)
}
