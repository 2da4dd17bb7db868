//! The gRPC service `Hosts`: the versions and programs of hosts.

use std::sync::Arc;

use contracts::gateway::v1::{self, hosts_server::Hosts};
use model::fault::{Fault, FaultKind};
use tonic::Request;

use super::{
    Call, Gateway,
    answers::{Answer, answer},
};
use crate::servers::{Purpose, Server};

#[tonic::async_trait]
impl Hosts for Gateway {
    async fn inspect_host(&self, request: Request<v1::InspectHostRequest>) -> Answer<v1::Host> {
        answer("InspectHost", inspect(self, self.receive(request)).await)
    }
}

/// Asks a host for its versions and its programs.
///
/// # Errors
/// `Refused` if the host lacks a required program; faults of the panel.
async fn inspect(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::InspectHostRequest>,
) -> Result<v1::Host, Fault> {
    let id = &message.server_id;
    let ask = async move |server: Arc<Server>| Ok(server.panel.info(deadline).await?);
    let info = gateway.read(id, Purpose::Inspect, deadline, ask).await?;
    let ask = async move |server: Arc<Server>| Ok(server.panel.programs(deadline).await?);
    let programs = gateway.read(id, Purpose::Inspect, deadline, ask).await?;
    let missing = programs.missing();
    if !missing.is_empty() {
        let message = format!(
            "the panel lacks programs that every host must have: {}; install Virtualmin 8.1 or later",
            missing.join(", ")
        );
        return Err(Fault::new(FaultKind::Refused, message));
    }
    Ok(v1::Host {
        hostname: info.hostname,
        virtualmin_version: info.virtualmin_version,
        webmin_version: info.webmin_version,
        programs: programs.names().map(str::to_owned).collect(),
    })
}
