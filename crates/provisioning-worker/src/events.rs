//! Tells of what happened: an audit row, and an event for whoever listens, in the transaction of the change.

use contracts::messages::v1;
use messaging::CloudEvent;
use model::{
    account::{Account, AccountEvent},
    job::Origin,
    server::Server,
};
use serde_json::{Value, json};
use store::Tx;

/// A server takes accounts now.
const SERVER_VERIFIED: &str = "server.verified";

/// Tells what happened to an account, as it is afterwards. `detail` is for the audit log; never a secret.
pub(crate) async fn tell_of_account(
    tx: &Tx,
    origin: &Origin,
    account: &Account,
    event: AccountEvent,
    detail: Value,
) -> store::Result<()> {
    let target = account.id.target();
    if is_public(event) {
        let data = v1::AccountEvent {
            account_id: account.id.to_string(),
            service_id: account.service_id.to_string(),
            server_id: account.server_id.to_string(),
            domain: account.domain.to_string(),
            username: account.username.as_ref().map(ToString::to_string).unwrap_or_default(),
            status: account.status.as_str().to_owned(),
        };
        let event = CloudEvent::new(event.as_str(), target.clone(), &data);
        tx.publish(&event.message(origin)).await?;
    }
    tx.audit(account.tenant_id, origin, event.as_str(), &target, detail).await
}

/// Whether others hear of it. A retry and a withdrawal are steps on the way to an event that they do hear of.
fn is_public(event: AccountEvent) -> bool {
    !matches!(event, AccountEvent::Retried | AccountEvent::Withdrawn)
}

/// Tells that a server takes accounts now.
pub(crate) async fn tell_of_verified_server(
    tx: &Tx,
    origin: &Origin,
    server: &Server,
) -> store::Result<()> {
    let target = server.id.target();
    let data = v1::ServerEvent {
        server_id: server.id.to_string(),
        name: server.name.clone(),
        status: server.status.as_str().to_owned(),
        version: server.version.clone().unwrap_or_default(),
    };
    let event = CloudEvent::new(SERVER_VERIFIED, target.clone(), &data);
    tx.publish(&event.message(origin)).await?;
    let detail = json!({ "version": server.version });
    tx.audit(server.tenant_id, origin, SERVER_VERIFIED, &target, detail).await
}
