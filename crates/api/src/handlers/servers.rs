//! Handlers of Virtualmin hosts: register, verify before the first account, and set the status.

mod break_glass;
mod delete;
mod release;
mod shell;

use std::{collections::BTreeSet, time::Duration};

use contracts::provisioning::v1;
use egress::Egress;
use model::{
    fault::Fault,
    ids::{ServerId, TenantId},
    job::{JobKind, NewJob, Order},
    server::{Server, ServerKind, ServerStatus, Trust, VerifyServer, WithoutQuotas},
    tenant_quota::TenantQuota,
};
use serde_json::json;
use store::{jobs::JobFilter, page::Page, servers::SealedCredentials};

use super::{jobs, refused, taken};
use crate::{
    caller::{Api, Caller},
    forms::{CAPACITY, MUTATION_SLOTS, READS_PER_SECOND, STATUSES_BY_HAND},
    idempotency::{Intent, once},
    names, present,
    validation::{self, Form},
};

pub(crate) use break_glass::{allow_break_glass, end_break_glass};
pub(crate) use delete::delete_server;
pub(crate) use release::release_server_url;
pub(crate) use shell::set_server_shell;

pub(crate) async fn register_server(
    api: Api,
    caller: Caller,
    request: v1::RegisterServerRequest,
) -> Result<v1::Server, Fault> {
    let server = read(&api.egress, caller.tenant_id, &request)?;
    let seal = |context: String, text: &str| api.keyring.seal(&context, text.as_bytes());
    let credentials = SealedCredentials {
        username: seal(server.id.username_context(), &request.username),
        password: seal(server.id.password_context(), &request.password),
    };
    let job = NewJob::of(caller.tenant_id, &VerifyServer { server_id: server.id }, caller.origin());
    let intent =
        Intent { operation: "server.register", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        api.quotas.one_more(tx, caller.tenant_id, TenantQuota::Servers).await?;
        tx.insert_server(&server, &credentials).await.map_err(name_or_url_taken)?;
        api.quotas.file_job(tx, &job).await?;
        let detail = json!({ "name": server.name, "url": server.url, "job_id": job.id });
        let target = server.id.target();
        tx.audit(caller.tenant_id, &caller.origin(), "server.register", &target, detail).await?;
        Ok(present::server(&server))
    })
    .await
}

fn name_or_url_taken(error: store::Error) -> Fault {
    let name = "another server has this name; choose another";
    let url = "another of your servers is registered with it; give another";
    taken(
        error,
        &[("servers_tenant_id_name_key", "name", name), ("servers_tenant_id_url_key", "url", url)],
    )
}

pub(crate) async fn update_server(
    api: Api,
    caller: Caller,
    request: v1::UpdateServerRequest,
) -> Result<v1::ServerOperation, Fault> {
    let seal = |context: String, text: &str| match text {
        "" => None,
        text => Some(api.keyring.seal(&context, text.as_bytes())),
    };
    let intent = Intent { operation: "server.update", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        // Within, so that a repeat finds its answer also if the first request has changed the name.
        let id = named(&api, &caller, &request.id).await?.id;
        let username = seal(id.username_context(), &request.username);
        let password = seal(id.password_context(), &request.password);
        tx.lock_server(id).await?;
        let before = find(&api, &caller, id).await?;
        let server = changed(&api.egress, &before, &request)?;
        let updated = tx.update_server(&server, username.as_deref(), password.as_deref()).await;
        updated.map_err(name_or_url_taken)?;
        let new_credentials = username.is_some() || password.is_some();
        let is_reached_otherwise =
            (&before.url, &before.trust) != (&server.url, &server.trust) || new_credentials;
        let order = VerifyServer { server_id: id };
        let job = is_reached_otherwise
            .then(|| NewJob::of(caller.tenant_id, &order, caller.origin()));
        if let Some(job) = &job {
            tx.next_server_try(id, Duration::ZERO).await?;
            api.quotas.file_job(tx, job).await?;
        }
        let detail = json!({
            "name": server.name, "url": server.url, "capacity": server.capacity, "tags": server.tags,
            "without_quotas": server.without_quotas, "new_credentials": new_credentials, "job_id": job.as_ref().map(|it| it.id),
        });
        let (tenant, origin) = (caller.tenant_id, caller.origin());
        tx.audit(tenant, &origin, "server.update", &id.target(), detail).await?;
        Ok(v1::ServerOperation {
            server: Some(present::server(&server)),
            job: job.as_ref().map(|it| present::new_job(it, &server.name)),
        })
    })
    .await
}

/// The server with the given fields of the request.
fn changed(
    egress: &Egress,
    present: &Server,
    request: &v1::UpdateServerRequest,
) -> Result<Server, Fault> {
    let mut form = Form::default();
    let mut server = present.clone();
    if !request.name.is_empty() {
        server.name = form.read("name", validation::name(&request.name)).unwrap_or_default();
    }
    if !request.url.is_empty() {
        server.url = form.read("url", validation::server_url(egress, &request.url));
    }
    for (field, text) in [("username", &request.username), ("password", &request.password)] {
        if !text.is_empty() {
            form.read(field, validation::credential(text));
        }
    }
    if request.trust_system_authorities || !request.certificate_sha256.is_empty() {
        let (system, pin) = (request.trust_system_authorities, &request.certificate_sha256);
        let trust = form.read("certificate_sha256", trust(system, pin));
        server.trust = trust.unwrap_or_else(|| present.trust.clone());
    }
    if !request.ip_addresses.is_empty() {
        let addresses = validation::addresses(egress, "", &request.ip_addresses);
        server.addresses = form.read("ip_addresses", addresses).unwrap_or_default();
    }
    if request.capacity > 0 {
        let capacity = validation::number(request.capacity.into(), &CAPACITY);
        if form.read("capacity", capacity).is_some() && request.capacity < present.accounts {
            let accounts = present.accounts;
            form.add(
                "capacity",
                format!("is below the server's {accounts} accounts; give {accounts} or more"),
            );
        }
        server.capacity = request.capacity;
    }
    match (request.no_tags, request.tags.is_empty()) {
        (true, true) => server.tags = BTreeSet::new(),
        (true, false) => form.add("no_tags", "is given beside tags; choose one of the two"),
        (false, true) => {}
        (false, false) => {
            server.tags = form.read("tags", validation::tags(&request.tags)).unwrap_or_default();
        }
    }
    if request.reads_per_second > 0 {
        let pace = validation::number(request.reads_per_second.into(), &READS_PER_SECOND);
        form.read("reads_per_second", pace);
        server.reads_per_second = Some(request.reads_per_second);
    }
    if request.mutation_slots > 0 {
        let slots = validation::number(request.mutation_slots.into(), &MUTATION_SLOTS);
        form.read("mutation_slots", slots);
        server.mutation_slots = request.mutation_slots;
    }
    let policy = form.read("without_quotas", without_quotas(&request.without_quotas));
    server.without_quotas = policy.flatten().unwrap_or(present.without_quotas);
    if server.url != present.url {
        server = server.unverified();
    }
    if form.is_good() { Ok(server) } else { Err(form.fault()) }
}

fn read(
    egress: &Egress,
    tenant_id: TenantId,
    request: &v1::RegisterServerRequest,
) -> Result<Server, Fault> {
    let mut form = Form::default();
    let name = form.read("name", validation::name(&request.name));
    let url = form.read("url", validation::server_url(egress, &request.url));
    form.read("username", validation::credential(&request.username));
    form.read("password", validation::credential(&request.password));
    let (system, pin) = (request.trust_system_authorities, &request.certificate_sha256);
    let trust = form.read("certificate_sha256", trust(system, pin));
    let addresses = validation::addresses(egress, &request.ip_address, &request.ip_addresses);
    let addresses = form.read("ip_addresses", addresses);
    let capacity = validation::number(request.capacity.into(), &CAPACITY);
    let capacity = form.read("capacity", capacity);
    let tags = form.read("tags", validation::tags(&request.tags));
    if request.reads_per_second > 0 {
        let pace = validation::number(request.reads_per_second.into(), &READS_PER_SECOND);
        form.read("reads_per_second", pace);
    }
    let without_quotas = form.read("without_quotas", without_quotas(&request.without_quotas));
    let (Some(name), Some(url), Some(trust), Some(addresses), Some(_), Some(tags), true) =
        (name, url, trust, addresses, capacity, tags, form.is_good())
    else {
        return Err(form.fault());
    };
    Ok(Server {
        id: ServerId::generate(),
        tenant_id,
        name,
        kind: ServerKind::Virtualmin,
        url: Some(url),
        trust,
        addresses,
        capacity: request.capacity,
        accounts: 0,
        tags,
        status: ServerStatus::Unverified,
        reads_per_second: Some(request.reads_per_second).filter(|it| *it > 0),
        mutation_slots: 1,
        version: None,
        programs: BTreeSet::new(),
        features: None,
        php_versions: None,
        keeps_quotas: None,
        without_quotas: without_quotas.flatten().unwrap_or_default(),
        verified: false,
        status_reason: None,
        fault: None,
        shell: None,
    })
}

/// The policy that a request names; `None` if it names none.
fn without_quotas(text: &str) -> Result<Option<WithoutQuotas>, String> {
    validation::choice(text, &WithoutQuotas::ALL, WithoutQuotas::as_str)
}

fn trust(system_authorities: bool, pin: &str) -> Result<Trust, String> {
    match (system_authorities, pin.is_empty()) {
        (true, true) => Ok(Trust::SystemAuthorities),
        (true, false) => {
            Err("is given beside trust_system_authorities; choose one of the two".to_owned())
        }
        (false, _) => validation::certificate_sha256(pin).map(Trust::Sha256Pin),
    }
}

pub(crate) async fn get_server(
    api: Api,
    caller: Caller,
    request: v1::GetServerRequest,
) -> Result<v1::Server, Fault> {
    Ok(present::server(&named(&api, &caller, &request.id).await?))
}

/// The server of the caller's tenant that the path of a request names.
pub(super) async fn named(api: &Api, caller: &Caller, text: &str) -> Result<Server, Fault> {
    let id = names::server(api, caller, "id", text).await?;
    find(api, caller, id.ok_or_else(|| Fault::not_found("server", text))?).await
}

pub(super) async fn find(api: &Api, caller: &Caller, id: ServerId) -> Result<Server, Fault> {
    let server = api.store.server(caller.tenant_id, id).await?;
    server.ok_or_else(|| Fault::not_found("server", id))
}

pub(crate) async fn list_servers(
    api: Api,
    caller: Caller,
    request: v1::ListServersRequest,
) -> Result<v1::ListServersResponse, Fault> {
    let page = validation::page(request.page_size, &request.page_token)?;
    let servers = api.store.servers(caller.tenant_id, page).await?;
    Ok(v1::ListServersResponse {
        next_page_token: validation::next_page_token(page, &servers, |it| it.id.uuid()),
        servers: servers.iter().map(present::server).collect(),
    })
}

/// Files the verification again, or returns the job of an unfinished one.
pub(crate) async fn verify_server(
    api: Api,
    caller: Caller,
    request: v1::VerifyServerRequest,
) -> Result<v1::Job, Fault> {
    let server = named(&api, &caller, &request.id).await?;
    let id = server.id;
    let order = VerifyServer { server_id: id };
    let filter = JobFilter {
        kind: Some(JobKind::ServerVerify),
        target: Some(order.target()),
        ..JobFilter::default()
    };
    let newest = api.store.jobs(caller.tenant_id, &filter, Page { size: 1, after: None }).await?;
    let unfinished = newest.first().filter(|it| !it.status.is_final());
    let intent = Intent { operation: "server.verify", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| match unfinished {
        Some(job) => Ok(present::job(job, &server.name)),
        None => {
            // A person has looked after the server, so it need not wait for its next try.
            tx.next_server_try(id, Duration::ZERO).await?;
            let job = NewJob::of(caller.tenant_id, &order, caller.origin());
            jobs::file(&api, tx, &caller, "server.verify", &job, &server.name).await
        }
    })
    .await
}

pub(crate) async fn set_server_status(
    api: Api,
    caller: Caller,
    request: v1::SetServerStatusRequest,
) -> Result<v1::Server, Fault> {
    // The server comes first: a caller of another tenant gets 404, whatever the other fields hold.
    let id = named(&api, &caller, &request.id).await?.id;
    let mut form = Form::default();
    let status = validation::choice(&request.status, &STATUSES_BY_HAND, ServerStatus::as_str)
        .and_then(|it| it.ok_or_else(|| "is missing; give active, draining or maintenance".into()));
    let status = form.read("status", status);
    let reason = form.read("reason", validation::reason(&request.reason));
    let (Some(to), Some(reason)) = (status, reason) else { return Err(form.fault()) };
    let reason = Some(reason).filter(|it| !it.is_empty());
    let intent = Intent { operation: "server.status", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        tx.lock_server(id).await?;
        let before = find(&api, &caller, id).await?;
        let from = before.status;
        if from == ServerStatus::Unverified {
            return Err(refused("the server is unverified: verify it to make it active"));
        }
        if to == ServerStatus::Active && before.url.is_some() && !before.verified {
            return Err(refused("the server was not verified at its URL: verify it first"));
        }
        if (from, &before.status_reason) == (to, &reason) {
            return Ok(present::server(&before));
        }
        tx.set_server_status(id, from, to, reason.as_deref()).await?;
        if from == ServerStatus::Maintenance {
            // More of them than one statement wakes go on at their own pace.
            tx.wake_held_jobs(id).await?;
        }
        let detail = json!({ "from": from, "to": to, "reason": reason });
        let target = id.target();
        tx.audit(caller.tenant_id, &caller.origin(), "server.status", &target, detail).await?;
        Ok(present::server(&Server { status: to, status_reason: reason, ..before }))
    })
    .await
}
