//! Records a change with an audit row and publishes its event, in the transaction of the change.

use contracts::messages::v1;
use messaging::CloudEvent;
use model::{
    account::{Account, AccountEvent},
    job::Origin,
    server::Server,
};
use serde_json::{Value, json};
use store::Tx;

/// The type of the event that a server now takes accounts.
const SERVER_VERIFIED: &str = "server.verified";

/// Records an event of an account, with the account as it is afterwards. `detail` goes to the audit log and
/// never contains a secret.
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

/// Whether the event is published. A retry and a withdrawal are only steps towards another event, which is.
fn is_public(event: AccountEvent) -> bool {
    !matches!(event, AccountEvent::Retried | AccountEvent::Withdrawn)
}

/// Records that a server now takes accounts.
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
        fault: String::new(),
    };
    let event = CloudEvent::new(SERVER_VERIFIED, target.clone(), &data);
    tx.publish(&event.message(origin)).await?;
    let detail = json!({ "version": server.version });
    tx.audit(server.tenant_id, origin, SERVER_VERIFIED, &target, detail).await
}
