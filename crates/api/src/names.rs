//! Finds the things that requests name: by an id, or by the name or domain that people know.
//!
//! A UUID always is an id. Another text is looked up among the caller's things; `None` means that none has it.

use std::fmt::Display;

use model::{
    domain::DomainName,
    fault::Fault,
    ids::{AccountId, DnsServerId, Id, PlanId, ServerId, ServiceId, TenantId},
    tenant::Publisher,
};

use crate::{
    caller::{Api, Caller},
    validation,
};

/// The plan that `text` in `field` names.
pub(crate) async fn plan(
    api: &Api,
    caller: &Caller,
    field: &str,
    text: &str,
) -> Result<Option<PlanId>, Fault> {
    match name(field, text)? {
        Known::Id(id) => Ok(Some(id)),
        Known::By(name) => Ok(api.store.plan_named(caller.tenant_id, &name).await?),
    }
}

/// The server that `text` in `field` names.
pub(crate) async fn server(
    api: &Api,
    caller: &Caller,
    field: &str,
    text: &str,
) -> Result<Option<ServerId>, Fault> {
    match name(field, text)? {
        Known::Id(id) => Ok(Some(id)),
        Known::By(name) => Ok(api.store.server_named(caller.tenant_id, &name).await?),
    }
}

/// The DNS server that `text` in `field` names.
pub(crate) async fn dns_server(
    api: &Api,
    caller: &Caller,
    field: &str,
    text: &str,
) -> Result<Option<DnsServerId>, Fault> {
    match name(field, text)? {
        Known::Id(id) => Ok(Some(id)),
        Known::By(name) => Ok(api.store.dns_server_named(caller.tenant_id, &name).await?),
    }
}

/// The tenant that `text` in `field` names, whether or not the caller may see it.
pub(crate) async fn tenant(api: &Api, field: &str, text: &str) -> Result<Option<TenantId>, Fault> {
    match name(field, text)? {
        Known::Id(id) => Ok(Some(id)),
        Known::By(name) => Ok(api.store.tenant_named(&name).await?),
    }
}

/// The publisher that `text` in `field` names, of any tenant.
pub(crate) async fn publisher(
    api: &Api,
    field: &str,
    text: &str,
) -> Result<Option<Publisher>, Fault> {
    match read(field, text, "the name of a user", validation::user_name)? {
        Known::Id(id) => Ok(api.store.publisher(id).await?),
        Known::By(name) => Ok(api.store.publisher_named(&name).await?),
    }
}

/// The service that `text` in `field` names.
pub(crate) async fn service(
    api: &Api,
    caller: &Caller,
    field: &str,
    text: &str,
) -> Result<Option<ServiceId>, Fault> {
    match domain(field, text)? {
        Known::Id(id) => Ok(Some(id)),
        Known::By(domain) => Ok(api.store.service_of_domain(caller.tenant_id, &domain).await?),
    }
}

/// The account that `text` in `field` names.
pub(crate) async fn account(
    api: &Api,
    caller: &Caller,
    field: &str,
    text: &str,
) -> Result<Option<AccountId>, Fault> {
    match domain(field, text)? {
        Known::Id(id) => Ok(Some(id)),
        Known::By(domain) => Ok(api.store.account_of_domain(caller.tenant_id, &domain).await?),
    }
}

/// How a request names a thing.
enum Known<K, N> {
    Id(Id<K>),
    By(N),
}

fn name<K>(field: &str, text: &str) -> Result<Known<K, String>, Fault> {
    read(field, text, "a name", validation::name)
}

fn domain<K>(field: &str, text: &str) -> Result<Known<K, DomainName>, Fault> {
    read(field, text, "a domain", str::parse)
}

fn read<K, N, E: Display>(
    field: &str,
    text: &str,
    what: &str,
    rule: impl Fn(&str) -> Result<N, E>,
) -> Result<Known<K, N>, Fault> {
    if let Ok(id) = text.parse() {
        return Ok(Known::Id(id));
    }
    rule(text)
        .map(Known::By)
        .map_err(|problem| Fault::invalid(field, format!("is neither an id nor {what}: {problem}")))
}
