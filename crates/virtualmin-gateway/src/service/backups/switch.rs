//! Switches a scheduled backup of a virtual server that is ours.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{fault::Fault, fence};

use super::look;
use crate::{
    panel::{backups::Schedule, domains::Domain, faults::Error, programs, request::Request},
    servers::Server,
    service::{
        Asked, Call, Gateway,
        proof::{Change, prove},
        requests,
    },
};

/// Serves `SwitchBackupSchedule`.
///
/// # Errors
/// `Invalid` with the field; `NotFound` if the virtual server has no such schedule; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::SwitchBackupScheduleRequest>,
) -> Result<Schedule, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let v1::SwitchBackupScheduleRequest { server_id, fence, id, enabled, .. } = message;
    let request = Request::new(&programs::backups::SWITCH_SCHEDULED)
        .value("id", &id)
        .and_then(|it| it.switch(if enabled { "enable" } else { "disable" }))
        .map_err(Error::from)?;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Backups, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        let find = async || look::schedule(panel, domain, &id, deadline).await;
        let missing = || Fault::not_found("scheduled backup", &id);
        let found = find().await?.ok_or_else(missing)?;
        if found.enabled == enabled {
            return Ok(found);
        }
        let otherwise = "the schedule is as it was";
        let change = Change { request, there_already: None, otherwise };
        let look = async || Ok(find().await?.filter(|it| it.enabled == enabled));
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}
