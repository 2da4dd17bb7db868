//! Reads virtual servers without changing them.

use contracts::gateway::v1;
use model::{domain::DomainName, fault::Fault};

use crate::{
    panel::domains::Domain,
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
    let server = gateway.to_read(&message.server_id, deadline).await?;
    Ok(server.panel.domains(deadline).await?)
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
    let server = gateway.to_read(&message.server_id, deadline).await?;
    let found = server.panel.domain(domain.as_str(), true, deadline).await?;
    found.ok_or_else(|| Fault::not_found("virtual server", domain))
}
