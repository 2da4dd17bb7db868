//! Records a change with an audit row and publishes its event, in the transaction of the change.

use contracts::messages::v1;
use messaging::CloudEvent;
use model::{
    account::{Account, AccountEvent, PASSWORD_RESET},
    job::Origin,
    login::Login,
    server::Server,
};
use serde_json::{Value, json};
use store::Tx;

/// The type of the event that a server now takes accounts.
const SERVER_VERIFIED: &str = "server.verified";

/// Records an event of an account, with the account as it is afterwards, and where its user logs in if that is news.
/// `detail` goes to the audit log and never contains a secret.
pub(crate) async fn tell_of_account(
    tx: &Tx,
    origin: &Origin,
    account: &Account,
    event: AccountEvent,
    login: Option<Login>,
    detail: Value,
) -> store::Result<()> {
    if is_public(event) {
        publish(tx, origin, account, event.as_str(), login).await?;
    }
    let target = account.id.target();
    tx.audit(account.tenant_id, origin, event.as_str(), &target, detail).await
}

/// Records that an account's user has another password. `detail` goes to the audit log.
pub(crate) async fn tell_of_password_reset(
    tx: &Tx,
    origin: &Origin,
    account: &Account,
    login: Option<Login>,
    detail: Value,
) -> store::Result<()> {
    publish(tx, origin, account, PASSWORD_RESET, login).await?;
    let target = account.id.target();
    tx.audit(account.tenant_id, origin, PASSWORD_RESET, &target, detail).await
}

async fn publish(
    tx: &Tx,
    origin: &Origin,
    account: &Account,
    event: &str,
    login: Option<Login>,
) -> store::Result<()> {
    let (panel_url, sftp_host, sftp_port) = match login {
        Some(it) => (it.panel_url, it.sftp_host, it.sftp_port),
        None => (String::new(), String::new(), 0),
    };
    let data = v1::AccountEvent {
        account_id: account.id.to_string(),
        service_id: account.service_id.to_string(),
        server_id: account.server_id.to_string(),
        domain: account.domain.to_string(),
        username: account.username.as_ref().map(ToString::to_string).unwrap_or_default(),
        status: account.status.as_str().to_owned(),
        panel_url,
        sftp_host,
        sftp_port: sftp_port.into(),
    };
    let event = CloudEvent::new(event, account.id.target(), &data);
    tx.publish(&event.message(origin)).await
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
