//! Tells whether the servers of a host run, and how much of it is in use.

use std::sync::Arc;

use contracts::gateway::v1;
use model::fault::Fault;

use crate::{
    panel::{
        faults::Error,
        status::{self, Service, Share, Usage},
    },
    servers::{Purpose, Server},
    service::{Call, Gateway},
};

impl From<Service> for v1::Service {
    fn from(Service { name, id, description, up }: Service) -> Self {
        Self { name, id, description, up }
    }
}

impl From<Share> for v1::Share {
    fn from(Share { total, free }: Share) -> Self {
        Self { total_bytes: total, free_bytes: free }
    }
}

/// Serves `GetHostStatus`.
///
/// # Errors
/// Faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::GetHostStatusRequest>,
) -> Result<v1::HostStatus, Fault> {
    let id = &message.server_id;
    let ask = async move |server: Arc<Server>| {
        Ok(server.panel.records::<Service>(&status::services(), deadline).await?)
    };
    let services = gateway.read(id, Purpose::Read, deadline, ask).await?;
    let request = status::usage().map_err(Error::from)?;
    let ask = async move |server: Arc<Server>| Ok(server.panel.run(request, deadline).await?);
    let Usage { load, memory, disk } =
        Usage::read(&gateway.read(id, Purpose::Read, deadline, ask).await?);
    let load = load.map(|[one, five, fifteen]| v1::Load { one, five, fifteen });
    Ok(v1::HostStatus {
        services: services.into_iter().map(Into::into).collect(),
        load,
        memory: memory.map(Into::into),
        disk: disk.map(Into::into),
    })
}
