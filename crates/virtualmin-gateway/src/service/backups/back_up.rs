//! Backs up a virtual server that is ours.

use std::{collections::HashSet, sync::Arc};

use contracts::gateway::v1;
use model::{
    fault::{Effect, Fault, FaultKind},
    fence,
    secret::Secret,
};

use super::{fields, look};
use crate::{
    panel::{
        backups::Run,
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

/// Serves `BackUpDomain`. The log proves a backup, and also that one failed and is not under way any more.
///
/// # Errors
/// `Invalid` with the field; `Unavailable` for a backup that failed; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::BackUpDomainRequest>,
) -> Result<Run, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let destination = Secret::from(message.destination.clone());
    let request = request(target.domain.as_str(), &destination, &message).map_err(Error::from)?;
    let v1::BackUpDomainRequest { server_id, fence, since_unix_seconds, .. } = message;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Backups, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        let ours = async || {
            let mut runs = look::runs(panel, domain, deadline).await?;
            runs.retain(|run| run.is(domain, &destination));
            Ok::<_, Fault>(runs)
        };
        let before = ours().await?;
        let is_recent =
            |run: &&Run| run.is_good(domain) && run.ended_unix_seconds >= since_unix_seconds;
        if since_unix_seconds > 0
            && let Some(run) = before.iter().rfind(is_recent)
        {
            return Ok(run.clone());
        }
        let known: HashSet<_> = before.into_iter().map(|it| it.id).collect();
        let latest =
            async || Ok::<_, Fault>(ours().await?.into_iter().rfind(|it| !known.contains(&it.id)));
        let otherwise = "its log has no such backup";
        let change = Change { request, there_already: None, otherwise };
        let look = async || Ok(latest().await?.filter(|run: &Run| run.is_good(domain)));
        match prove(panel, change, deadline, look).await {
            // What the log has is over, so that nothing of it is under way.
            Err(fault)
                if fault.effect == Effect::Unknown && fault.kind != FaultKind::OutOfService =>
            {
                match latest().await {
                    Ok(Some(_)) => Err(failed(fault)),
                    Ok(None) | Err(_) => Err(fault),
                }
            }
            made => made,
        }
    };
    gateway.change_ours(asked, deadline, work).await
}

fn request(
    domain: &str,
    destination: &Secret,
    message: &v1::BackUpDomainRequest,
) -> Result<Request, Refusal> {
    let request = Request::on(&programs::backups::BACK_UP, domain)?.secret("dest", destination)?;
    let request = fields::features(request, &message.features)?;
    fields::folder(request, message.folder, destination)
}

fn failed(fault: Fault) -> Fault {
    let message = "the backup failed, as the panel's log has it";
    let cause = fault.cause.unwrap_or(fault.message);
    Fault::new(FaultKind::Unavailable, message).caused_by(cause)
}
