//! Reads virtual servers without changing them.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{domain::DomainName, fault::Fault};

use crate::{
    panel::domains::Domain,
    servers::{Purpose, Server},
    service::{Call, Gateway, requests},
};

/// Every virtual server of a host.
///
/// # Errors
/// `Protocol` if any part of the listing cannot be read; faults of the panel.
pub(super) async fn all(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ListDomainsRequest>,
) -> Result<Vec<Domain>, Fault> {
    let work = async move |server: Arc<Server>| Ok(server.panel.domains(deadline).await?);
    gateway.read(&message.server_id, Purpose::Read, deadline, work).await
}

/// The names of all virtual servers of a host.
///
/// # Errors
/// As [`all`].
pub(super) async fn names(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ListDomainNamesRequest>,
) -> Result<v1::ListDomainNamesResponse, Fault> {
    let work = async move |server: Arc<Server>| Ok(server.panel.names(deadline).await?);
    let names = gateway.read(&message.server_id, Purpose::Read, deadline, work).await?;
    Ok(v1::ListDomainNamesResponse { names })
}

/// One virtual server with its usage.
///
/// # Errors
/// `NotFound` if the panel answered that it does not exist; faults of the panel.
pub(super) async fn one(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::GetDomainRequest>,
) -> Result<Domain, Fault> {
    let domain: DomainName = requests::parse("domain", &message.domain)?;
    let about = domain.to_string();
    let work = async move |server: Arc<Server>| {
        let found = server.panel.domain(domain.as_str(), true, deadline).await?;
        found.ok_or_else(|| Fault::not_found("virtual server", domain))
    };
    let ask = gateway.read(&message.server_id, Purpose::Read, deadline, work);
    if message.no_cache {
        return ask.await;
    }
    let lifetime = gateway.settings.now().cache_domain_seconds;
    gateway.kept(&gateway.domains, &message.server_id, about, lifetime, ask).await
}
