//! The deletion of a DNS server that nothing uses.

use contracts::provisioning::v1;
use model::fault::Fault;
use serde_json::json;

use crate::{
    caller::{Api, Caller},
    handlers::deletion::refuse_used,
    idempotency::{Intent, once},
    names, present,
};

pub(crate) async fn delete_dns_server(
    api: Api,
    caller: Caller,
    request: v1::DeleteDnsServerRequest,
) -> Result<v1::DnsServer, Fault> {
    let intent =
        Intent { operation: "dns_server.delete", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        let server = match names::dns_server(&api, &caller, "id", &request.id).await? {
            Some(id) => tx.lock_dns_server_to_delete(caller.tenant_id, id).await?,
            None => None,
        };
        let server = server.ok_or_else(|| Fault::not_found("DNS server", &request.id))?;
        let zones = ("zone", "zones", tx.zones_on_dns_server(server.id).await?);
        let jobs = ("open job", "open jobs", tx.open_jobs_on_dns_server(server.id).await?);
        let remedy = "terminate the services of its zones and wait for its jobs";
        refuse_used(&format!("DNS server {}", server.name), &[zones, jobs], remedy)?;
        tx.delete_dns_server(server.id).await?;
        let detail = json!({ "name": server.name, "api_url": server.api_url });
        let (tenant, origin) = (caller.tenant_id, caller.origin());
        tx.audit(tenant, &origin, "dns_server.delete", &server.id.target(), detail).await?;
        Ok(present::dns_server(&server))
    })
    .await
}
