//! The deletion of a server that nothing uses.

use contracts::provisioning::v1;
use model::fault::Fault;
use serde_json::json;

use super::{find, named};
use crate::{
    caller::{Api, Caller},
    handlers::deletion::refuse_used,
    idempotency::{Intent, once},
    present,
};

pub(crate) async fn delete_server(
    api: Api,
    caller: Caller,
    request: v1::DeleteServerRequest,
) -> Result<v1::Server, Fault> {
    let intent = Intent { operation: "server.delete", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        let id = named(&api, &caller, &request.id).await?.id;
        tx.lock_server(id).await?;
        let server = find(&api, &caller, id).await?;
        let accounts = ("account", "accounts", tx.accounts_on_server(id).await?);
        let jobs = ("open job", "open jobs", tx.open_jobs_on_server(id).await?);
        let remedy =
            "set it draining, terminate the services of its accounts and wait for its jobs";
        refuse_used(&format!("server {}", server.name), &[accounts, jobs], remedy)?;
        tx.delete_server(id).await?;
        let detail = json!({ "name": server.name, "url": server.url });
        let (tenant, origin) = (caller.tenant_id, caller.origin());
        tx.audit(tenant, &origin, "server.delete", &id.target(), detail).await?;
        Ok(present::server(&server))
    })
    .await
}
