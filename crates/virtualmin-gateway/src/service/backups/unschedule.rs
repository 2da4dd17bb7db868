//! Deletes a scheduled backup of a virtual server that is ours.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{fault::Fault, fence};

use super::look;
use crate::{
    panel::{domains::Domain, faults::Error, programs, reason::Reason, request::Request},
    servers::Server,
    service::{
        Asked, Call, Gateway,
        proof::{Change, prove},
        requests,
    },
};

/// Serves `DeleteBackupSchedule`; the answer tells whether the virtual server had such a schedule.
///
/// # Errors
/// `Invalid` with the field; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::DeleteBackupScheduleRequest>,
) -> Result<bool, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let v1::DeleteBackupScheduleRequest { server_id, fence, id, .. } = message;
    let request =
        Request::new(&programs::backups::DELETE_SCHEDULED).value("id", &id).map_err(Error::from)?;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Backups, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        let find = async || look::schedule(panel, domain, &id, deadline).await;
        if find().await?.is_none() {
            return Ok(false);
        }
        let there_already = Some(Reason::Absent);
        let change = Change { request, there_already, otherwise: "the schedule is still there" };
        prove(panel, change, deadline, async || Ok(find().await?.is_none().then_some(true))).await
    };
    gateway.change_ours(asked, deadline, work).await
}
