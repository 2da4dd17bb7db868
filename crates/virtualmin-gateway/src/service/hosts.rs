//! The gRPC service `Hosts`: the versions and programs of hosts, and what their panels find wrong.

use std::sync::Arc;

use contracts::gateway::v1::{self, hosts_server::Hosts};
use model::fault::{Fault, FaultKind};
use tonic::Request;

use super::{
    Call, Gateway,
    answers::{Answer, answer},
};
use crate::{
    panel::{errors::Reason, faults::Error, program::Program, request},
    servers::{Purpose, Server},
};

#[tonic::async_trait]
impl Hosts for Gateway {
    async fn inspect_host(&self, request: Request<v1::InspectHostRequest>) -> Answer<v1::Host> {
        answer("InspectHost", inspect(self, self.receive(request)).await)
    }

    async fn check_config(
        &self,
        request: Request<v1::CheckConfigRequest>,
    ) -> Answer<v1::CheckConfigResponse> {
        let complaint = check(self, self.receive(request)).await;
        answer("CheckConfig", complaint.map(|complaint| v1::CheckConfigResponse { complaint }))
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

/// Lets the panel test its host; returns what it finds wrong, and nothing if all is well.
///
/// # Errors
/// `Refused` if the host lacks the program; faults of the panel.
async fn check(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::CheckConfigRequest>,
) -> Result<String, Fault> {
    let ask = async move |server: Arc<Server>| {
        let request = request::Request::new(Program::CheckConfig);
        match server.panel.run(request, deadline).await {
            Ok(_) => Ok(String::new()),
            Err(Error::Program(failure)) if failure.reason == Reason::Misconfigured => {
                Ok(failure.text)
            }
            Err(error) => Err(error.into()),
        }
    };
    gateway.change(&message.server_id, message.fence, deadline, ask).await
}
