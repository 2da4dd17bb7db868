//! Deletes a database of a virtual server that is ours.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{fault::Fault, fence};

use crate::{
    panel::{domains::Domain, faults::Error, programs, reason::Reason, request::Request},
    servers::Server,
    service::{
        Asked, Call, Gateway,
        databases::find::find,
        proof::{Change, prove},
        requests,
    },
};

/// Serves `DeleteDatabase`; the answer tells whether the database existed.
///
/// # Errors
/// `Invalid` with the field; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::DeleteDatabaseRequest>,
) -> Result<bool, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let request = Request::on(&programs::databases::DELETE, target.domain.as_str())
        .and_then(|it| it.value("name", &message.name))
        .and_then(|it| it.value("type", &message.r#type))
        .map_err(Error::from)?;
    let v1::DeleteDatabaseRequest { server_id, fence, name, r#type: kind, .. } = message;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Databases, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        let look = async || {
            let found = find(panel, domain, (&name, &kind), deadline).await?;
            Ok(found.is_none().then_some(true))
        };
        if look().await?.is_some() {
            return Ok(false);
        }
        let there_already = Some(Reason::Absent);
        let change = Change { request, there_already, otherwise: "the database is still there" };
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}
