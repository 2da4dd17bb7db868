//! Compares a virtual server with the configuration of its host.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{domain::DomainName, fault::Fault};

use crate::{
    panel::validation::Problem,
    servers::{Purpose, Server},
    service::{Call, Gateway, requests},
};

/// Serves `ValidateDomain`.
///
/// # Errors
/// `NotFound` if the virtual server does not exist; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ValidateDomainRequest>,
) -> Result<v1::ValidateDomainResponse, Fault> {
    let domain: DomainName = requests::parse("domain", &message.domain)?;
    let work = async move |server: Arc<Server>| {
        Ok(server.panel.validate(domain.as_str(), deadline).await?)
    };
    let problems = gateway.read(&message.server_id, Purpose::Read, deadline, work).await?;
    let problem = |Problem { feature, text }| v1::Problem { feature, text };
    Ok(v1::ValidateDomainResponse { problems: problems.into_iter().map(problem).collect() })
}
