//! Creates a database of a virtual server that is ours.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{fault::Fault, fence};

use crate::{
    panel::{
        databases::Database, domains::Domain, faults::Error, programs, reason::Reason,
        request::Request,
    },
    servers::Server,
    service::{
        Asked, Call, Gateway,
        databases::find::find,
        proof::{Change, prove},
        requests,
    },
};

/// Serves `CreateDatabase`.
///
/// # Errors
/// `Invalid` with the field; `Conflict` if the name belongs to another owner; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::CreateDatabaseRequest>,
) -> Result<Database, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    // As the program does, so that the look finds it.
    let (name, kind) = (message.name.to_lowercase(), message.r#type);
    let request = Request::on(&programs::databases::CREATE, target.domain.as_str())
        .and_then(|it| it.value("name", &name))
        .and_then(|it| it.value("type", &kind))
        .map_err(Error::from)?;
    let v1::CreateDatabaseRequest { server_id, fence, .. } = message;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Databases, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        let look = async || find(panel, domain, (&name, &kind), deadline).await;
        if let Some(database) = look().await? {
            return Ok(database);
        }
        let change = Change {
            request,
            there_already: Some(Reason::Exists),
            otherwise: "the database is not there under this name; does a template of the panel put a prefix before it?",
        };
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}
