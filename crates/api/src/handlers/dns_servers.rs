//! Handlers of the DNS servers that zones are written to.

use contracts::provisioning::v1;
use model::{
    dns::{DnsServer, DnsServerKind},
    fault::Fault,
    ids::{DnsServerId, TenantId},
};
use serde_json::json;

use super::taken;
use crate::{
    caller::{Api, Caller},
    idempotency::{Intent, once},
    present,
    validation::{self, Form},
};

pub(crate) async fn register_dns_server(
    api: Api,
    caller: Caller,
    request: v1::RegisterDnsServerRequest,
) -> Result<v1::DnsServer, Fault> {
    let server = read(caller.tenant_id, &request)?;
    let sealed = api.keyring.seal(&server.id.api_key_context(), request.api_key.as_bytes());
    let intent =
        Intent { operation: "dns_server.register", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        tx.insert_dns_server(&server, &sealed).await.map_err(|error| {
            let problem = "another DNS server has this name; choose another";
            taken(error, &[("dns_servers_tenant_id_name_key", "name", problem)])
        })?;
        let target = server.id.target();
        let detail = json!({ "name": server.name, "api_url": server.api_url });
        tx.audit(caller.tenant_id, &caller.origin(), "dns_server.register", &target, detail)
            .await?;
        Ok(present::dns_server(&server))
    })
    .await
}

fn read(tenant_id: TenantId, request: &v1::RegisterDnsServerRequest) -> Result<DnsServer, Fault> {
    let mut form = Form::default();
    let name = form.read("name", validation::name(&request.name));
    let api_url = form.read("api_url", validation::dns_api_url(&request.api_url));
    let api_key = form.read("api_key", validation::api_key(&request.api_key));
    let nameservers = form.read("nameservers", validation::name_servers(&request.nameservers));
    let ns_names = form.read("ns_names", validation::ns_names(&request.ns_names));
    let (Some(name), Some(api_url), Some(_), Some(nameservers), Some(ns_names)) =
        (name, api_url, api_key, nameservers, ns_names)
    else {
        return Err(form.fault());
    };
    Ok(DnsServer {
        id: DnsServerId::generate(),
        tenant_id,
        name,
        kind: DnsServerKind::PowerDns,
        api_url,
        nameservers,
        ns_names,
    })
}

pub(crate) async fn get_dns_server(
    api: Api,
    caller: Caller,
    request: v1::GetDnsServerRequest,
) -> Result<v1::DnsServer, Fault> {
    let id: DnsServerId = validation::id(&request.id)?;
    let server = api.store.dns_server(caller.tenant_id, id).await?;
    Ok(present::dns_server(&server.ok_or_else(|| Fault::not_found("DNS server", id))?))
}

pub(crate) async fn list_dns_servers(
    api: Api,
    caller: Caller,
    request: v1::ListDnsServersRequest,
) -> Result<v1::ListDnsServersResponse, Fault> {
    let page = validation::page(request.page_size, &request.page_token)?;
    let servers = api.store.dns_servers(caller.tenant_id, page).await?;
    Ok(v1::ListDnsServersResponse {
        next_page_token: validation::next_page_token(page, &servers, |it| it.id.uuid()),
        dns_servers: servers.iter().map(present::dns_server).collect(),
    })
}
