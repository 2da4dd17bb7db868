//! Schedules backups of a virtual server that is ours.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{fault::Fault, fence, secret::Secret};

use super::{fields, look};
use crate::{
    panel::{
        backups::Schedule,
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

/// Serves `CreateBackupSchedule`.
///
/// # Errors
/// `Invalid` with the field; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::CreateBackupScheduleRequest>,
) -> Result<Schedule, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let destination = Secret::from(message.destination.clone());
    let request = request(target.domain.as_str(), &destination, &message).map_err(Error::from)?;
    let v1::CreateBackupScheduleRequest { server_id, fence, features, folder, schedule, .. } =
        message;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Backups, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        let is_such = |it: &Schedule| {
            it.destinations.iter().map(Secret::expose).eq([destination.expose()])
                && it.features == features
                && it.schedule == schedule
                && it.is_folder == folder
                && it.enabled
        };
        let look =
            async || Ok(look::schedules(panel, domain, deadline).await?.into_iter().find(is_such));
        if let Some(found) = look().await? {
            return Ok(found);
        }
        let otherwise = "the schedule is not there";
        let change = Change { request, there_already: None, otherwise };
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}

fn request(
    domain: &str,
    destination: &Secret,
    message: &v1::CreateBackupScheduleRequest,
) -> Result<Request, Refusal> {
    let request = Request::on(&programs::backups::SCHEDULE, domain)?
        .secret("dest", destination)?
        .value("schedule", &message.schedule)?;
    let request = fields::features(request, &message.features)?;
    fields::folder(request, message.folder, destination)
}
