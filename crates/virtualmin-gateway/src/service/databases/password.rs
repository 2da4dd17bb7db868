//! Sets the password of the databases of a virtual server that is ours, and reads it back.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{
    fault::{Fault, FaultKind},
    fence,
    secret::Secret,
};

use crate::{
    panel::{domains::Domain, faults::Error, passwords::same, programs, request::Request},
    servers::Server,
    service::{
        Asked, Call, Gateway,
        proof::{Change, prove},
        requests,
    },
};

/// Serves `SetDatabasePassword`.
///
/// # Errors
/// `Invalid` with the field; `Refused` for a virtual server without databases of the type, and for one that is switched
/// off: the program would open its login (`modify_mysql` of 8.1.0); faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::SetDatabasePasswordRequest>,
) -> Result<(), Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let v1::SetDatabasePasswordRequest { server_id, fence, r#type: kind, password, .. } = message;
    let password = Secret::from(password);
    let request = Request::on(&programs::databases::PASSWORD, target.domain.as_str())
        .and_then(|it| it.value("type", &kind))
        .and_then(|it| it.secret("pass", &password).map_err(|refusal| refusal.of("password")))
        .map_err(Error::from)?;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Databases, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        if !seen.features.contains(&kind) {
            let message = format!("{domain} has no databases of type {kind}");
            return Err(Fault::new(FaultKind::Refused, message));
        }
        if seen.disabled.is_some() {
            let message = format!(
                "{domain} is switched off, and a new password would open the login of its databases; switch it on first"
            );
            return Err(Fault::new(FaultKind::Refused, message));
        }
        let otherwise = "the databases have another password";
        let change = Change { request, there_already: None, otherwise };
        let look = async || {
            let kept = panel.passwords(domain, deadline).await?;
            let kept = if kind == "mysql" { kept.mysql } else { kept.postgres };
            Ok(kept.is_some_and(|it| same(&it, &password)).then_some(()))
        };
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}
