//! Handlers of the DNS servers that zones are written to.

mod delete;

use contracts::provisioning::v1;
use egress::Egress;
use model::{
    authority::{Authority, MailAddress, NotMailAddress},
    dns::{ApplyDnsServer, DnsServer, DnsServerKind},
    domain::DomainName,
    fault::Fault,
    ids::{DnsServerId, TenantId},
    job::NewJob,
    tenant_quota::TenantQuota,
};
use serde_json::json;

use super::taken;
use crate::{
    caller::{Api, Caller},
    idempotency::{Intent, once},
    names, present,
    validation::{self, Form},
};

pub(crate) use delete::delete_dns_server;

pub(crate) async fn register_dns_server(
    api: Api,
    caller: Caller,
    request: v1::RegisterDnsServerRequest,
) -> Result<v1::DnsServer, Fault> {
    let server = read(&api.egress, caller.tenant_id, &request)?;
    let sealed = api.keyring.seal(&server.id.api_key_context(), request.api_key.as_bytes());
    let intent =
        Intent { operation: "dns_server.register", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        api.quotas.one_more(tx, caller.tenant_id, TenantQuota::DnsServers).await?;
        tx.insert_dns_server(&server, &sealed).await.map_err(name_taken)?;
        let target = server.id.target();
        let detail = json!({ "name": server.name, "api_url": server.api_url });
        tx.audit(caller.tenant_id, &caller.origin(), "dns_server.register", &target, detail)
            .await?;
        Ok(present::dns_server(&server))
    })
    .await
}

pub(crate) async fn update_dns_server(
    api: Api,
    caller: Caller,
    request: v1::UpdateDnsServerRequest,
) -> Result<v1::DnsServerOperation, Fault> {
    let intent =
        Intent { operation: "dns_server.update", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        // Within, so that a repeat finds its answer also if the first request has changed the name.
        let id = names::dns_server(&api, &caller, "id", &request.id).await?;
        let id = id.ok_or_else(|| Fault::not_found("DNS server", &request.id))?;
        let present = tx.lock_dns_server(caller.tenant_id, id).await?;
        let present = present.ok_or_else(|| Fault::not_found("DNS server", id))?;
        let server = changed(&api.egress, &present, &request)?;
        let sealed = match request.api_key.as_str() {
            "" => None,
            key => Some(api.keyring.seal(&id.api_key_context(), key.as_bytes())),
        };
        tx.update_dns_server(&server, sealed.as_deref()).await.map_err(name_taken)?;
        let job = NewJob::of(
            caller.tenant_id,
            &ApplyDnsServer { dns_server_id: id },
            caller.origin(),
        )
        .holding(id.zone_slot());
        api.quotas.file_job(tx, &job).await?;
        let detail = json!({
            "name": server.name, "api_url": server.api_url, "new_key": sealed.is_some(), "job_id": job.id,
        });
        let (tenant, origin) = (caller.tenant_id, caller.origin());
        tx.audit(tenant, &origin, "dns_server.update", &id.target(), detail).await?;
        Ok(v1::DnsServerOperation {
            dns_server: Some(present::dns_server(&server)),
            job: Some(present::new_job(&job, &server.name)),
        })
    })
    .await
}

fn name_taken(error: store::Error) -> Fault {
    let problem = "another DNS server has this name; choose another";
    taken(error, &[("dns_servers_tenant_id_name_key", "name", problem)])
}

fn read(
    egress: &Egress,
    tenant_id: TenantId,
    request: &v1::RegisterDnsServerRequest,
) -> Result<DnsServer, Fault> {
    let mut form = Form::default();
    let name = form.read("name", validation::name(&request.name));
    let api_url = form.read("api_url", validation::dns_api_url(egress, &request.api_url));
    let api_key = form.read("api_key", validation::api_key(&request.api_key));
    let nameservers = validation::name_servers(egress, &request.nameservers);
    let nameservers = form.read("nameservers", nameservers);
    let ns_names = form.read("ns_names", validation::ns_names(&request.ns_names));
    let known = ns_names.as_deref().unwrap_or_default();
    // The usual address follows from the names, whose fault is noted already.
    let follows = ns_names.is_none() && request.hostmaster.is_empty();
    let hostmaster = match follows {
        true => None,
        false => form.read("hostmaster", hostmaster(&request.hostmaster, known)),
    };
    let glue = form.read("glue", validation::glue(&request.glue, known));
    let secondaries = form.read("secondaries", validation::secondaries(&request.secondaries));
    let (
        Some(name),
        Some(api_url),
        Some(_),
        Some(nameservers),
        Some(ns_names),
        Some(hostmaster),
        Some(glue),
        Some(secondaries),
    ) = (name, api_url, api_key, nameservers, ns_names, hostmaster, glue, secondaries)
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
        authority: Authority { ns_names, hostmaster, glue },
        secondaries,
    })
}

/// The DNS server with the given fields of the request.
fn changed(
    egress: &Egress,
    present: &DnsServer,
    request: &v1::UpdateDnsServerRequest,
) -> Result<DnsServer, Fault> {
    let mut form = Form::default();
    let mut server = present.clone();
    if !request.name.is_empty() {
        server.name = form.read("name", validation::name(&request.name)).unwrap_or_default();
    }
    if !request.api_url.is_empty() {
        let url = form.read("api_url", validation::dns_api_url(egress, &request.api_url));
        server.api_url = url.unwrap_or_default();
    }
    if !request.api_key.is_empty() {
        form.read("api_key", validation::api_key(&request.api_key));
    }
    if !request.nameservers.is_empty() {
        let servers = validation::name_servers(egress, &request.nameservers);
        let servers = form.read("nameservers", servers);
        server.nameservers = servers.unwrap_or_default();
    }
    let authority = &mut server.authority;
    if !request.ns_names.is_empty() {
        let names = form.read("ns_names", validation::ns_names(&request.ns_names));
        authority.ns_names = names.unwrap_or_default();
        // The addresses of a name server that is none any more.
        authority.glue.retain(|name, _| authority.ns_names.contains(name));
    }
    if !request.hostmaster.is_empty() {
        let address = form.read("hostmaster", hostmaster(&request.hostmaster, &[]));
        authority.hostmaster = address.unwrap_or_else(|| authority.hostmaster.clone());
    }
    if !request.glue.is_empty() {
        let glue = form.read("glue", validation::glue(&request.glue, &authority.ns_names));
        authority.glue = glue.unwrap_or_default();
    }
    match (request.no_secondaries, request.secondaries.is_empty()) {
        (true, true) => server.secondaries = Vec::new(),
        (true, false) => form.add("no_secondaries", "is given beside secondaries; choose one"),
        (false, true) => {}
        (false, false) => {
            let given = form.read("secondaries", validation::secondaries(&request.secondaries));
            server.secondaries = given.unwrap_or_default();
        }
    }
    if form.is_good() { Ok(server) } else { Err(form.fault()) }
}

/// The given mail address, or the usual one of the first name server.
fn hostmaster(text: &str, ns_names: &[DomainName]) -> Result<MailAddress, String> {
    if text.is_empty() {
        let usual = ns_names.first().and_then(MailAddress::hostmaster_of);
        return usual.ok_or_else(|| "is empty; give one such as hostmaster@example.ro".to_owned());
    }
    text.parse().map_err(|problem: NotMailAddress| problem.to_string())
}

pub(crate) async fn get_dns_server(
    api: Api,
    caller: Caller,
    request: v1::GetDnsServerRequest,
) -> Result<v1::DnsServer, Fault> {
    let id = names::dns_server(&api, &caller, "id", &request.id).await?;
    let id = id.ok_or_else(|| Fault::not_found("DNS server", &request.id))?;
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
