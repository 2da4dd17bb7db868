//! The gRPC service `Hosts`: the versions, programs and abilities of hosts, their state, and what their panels find wrong.

mod restart;
mod status;

mod health;

use std::{collections::BTreeSet, sync::Arc};

use contracts::gateway::v1::{self, hosts_server::Hosts};
use model::{
    fault::{Fault, FaultKind},
    fence::{Change, Object},
};
use tonic::Request;

use super::{
    Call, Gateway,
    answers::{Answer, answer},
};
use crate::{
    panel::{faults::Error, programs, reason::Reason, request},
    servers::{Purpose, Server},
};

#[tonic::async_trait]
impl Hosts for Gateway {
    async fn inspect_host(&self, request: Request<v1::InspectHostRequest>) -> Answer<v1::Host> {
        let call = self.receive(request);
        let (id, no_cache) = (call.message.server_id.clone(), call.message.no_cache);
        let ask = inspect(self, call);
        if no_cache {
            return answer("InspectHost", ask.await);
        }
        let lifetime = self.settings.now().cache_host_seconds;
        answer("InspectHost", self.kept(&self.hosts, &id, String::new(), lifetime, ask).await)
    }

    async fn check_config(
        &self,
        request: Request<v1::CheckConfigRequest>,
    ) -> Answer<v1::CheckConfigResponse> {
        let complaint = check(self, self.receive(request)).await;
        answer("CheckConfig", complaint.map(|complaint| v1::CheckConfigResponse { complaint }))
    }

    async fn get_health(&self, request: Request<v1::GetHealthRequest>) -> Answer<v1::Health> {
        answer("GetHealth", health::serve(self, self.receive(request)).await)
    }

    async fn get_settings(
        &self,
        _: Request<v1::GetSettingsRequest>,
    ) -> Answer<v1::GetSettingsResponse> {
        let setting = |(name, value): (&str, u64)| v1::Setting { name: name.to_owned(), value };
        let settings = self.settings.now().all().map(setting).collect();
        answer("GetSettings", Ok(v1::GetSettingsResponse { settings }))
    }

    async fn get_host_status(
        &self,
        request: Request<v1::GetHostStatusRequest>,
    ) -> Answer<v1::HostStatus> {
        answer("GetHostStatus", status::serve(self, self.receive(request)).await)
    }

    async fn restart_service(
        &self,
        request: Request<v1::RestartServiceRequest>,
    ) -> Answer<v1::Service> {
        answer("RestartService", restart::serve(self, self.receive(request)).await)
    }
}

/// Asks a host for its versions, its programs and what its virtual servers can have.
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
    let features = match programs.has(&programs::domains::LIST_FEATURES) {
        true => {
            let ask = async move |server: Arc<Server>| known(server.panel.features(deadline).await);
            gateway.read(id, Purpose::Inspect, deadline, ask).await?.flatten()
        }
        false => None,
    };
    let php_versions = match programs.has(&programs::php::LIST_VERSIONS) {
        true => {
            let ask =
                async move |server: Arc<Server>| known(server.panel.php_versions(deadline).await);
            gateway.read(id, Purpose::Inspect, deadline, ask).await?
        }
        false => None,
    };
    Ok(v1::Host {
        hostname: info.hostname,
        virtualmin_version: info.virtualmin_version,
        webmin_version: info.webmin_version,
        programs: programs.names().map(str::to_owned).collect(),
        features: features.map(words),
        php_versions: php_versions.map(words),
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
    let (change, object) = (Change::CheckConfig, Object::Host);
    let fence = gateway.admit(&message.server_id, message.fence, change, object).await?;
    let ask = async move |server: Arc<Server>| {
        let request = request::Request::new(&programs::hosts::CHECK_CONFIG);
        match server.panel.run(request, deadline).await {
            Ok(_) => Ok(String::new()),
            Err(Error::Program(failure)) if failure.reason == Reason::Misconfigured => {
                Ok(failure.text)
            }
            Err(error) => Err(error.into()),
        }
    };
    gateway.change(fence, deadline, ask).await
}

/// The answer of an optional program. A host that refuses to run it cannot tell, and is not ill.
fn known<T>(answer: Result<T, Error>) -> Result<Option<T>, Fault> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Error::Program(failure)) => {
            tracing::info!(reason = %failure.text, "the host does not run an optional program");
            Ok(None)
        }
        Err(Error::Fault(fault)) => Err(fault),
    }
}

fn words(set: BTreeSet<String>) -> v1::Words {
    v1::Words { words: set.into_iter().collect() }
}
