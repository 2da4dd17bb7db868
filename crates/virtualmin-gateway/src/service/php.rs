//! The gRPC service `Php`: PHP of the websites of virtual servers that are ours.

mod directory;
mod look;
mod set;

use std::sync::Arc;

use contracts::gateway::v1::{self, php_server::Php};
use model::{domain::DomainName, fault::Fault, quota::Limit};
use tonic::Request;

use self::look::{Website, website};

use super::{
    Call, Gateway,
    answers::{Answer, answer},
    requests,
};
use crate::{
    panel::php::{self, Directory, Version},
    servers::{Purpose, Server},
};

#[tonic::async_trait]
impl Php for Gateway {
    async fn list_php_versions(
        &self,
        request: Request<v1::ListPhpVersionsRequest>,
    ) -> Answer<v1::ListPhpVersionsResponse> {
        answer("ListPhpVersions", versions(self, self.receive(request)).await)
    }

    async fn get_php(&self, request: Request<v1::GetPhpRequest>) -> Answer<v1::WebsitePhp> {
        answer("GetPhp", get(self, self.receive(request)).await)
    }

    async fn set_php(&self, request: Request<v1::SetPhpRequest>) -> Answer<v1::WebsitePhp> {
        answer("SetPhp", set::serve(self, self.receive(request)).await)
    }

    async fn set_php_directory(
        &self,
        request: Request<v1::SetPhpDirectoryRequest>,
    ) -> Answer<v1::PhpDirectory> {
        answer("SetPhpDirectory", directory::set(self, self.receive(request)).await)
    }

    async fn delete_php_directory(
        &self,
        request: Request<v1::DeletePhpDirectoryRequest>,
    ) -> Answer<v1::DeletePhpDirectoryResponse> {
        let existed = directory::delete(self, self.receive(request)).await;
        answer(
            "DeletePhpDirectory",
            existed.map(|existed| v1::DeletePhpDirectoryResponse { existed }),
        )
    }
}

impl From<Website> for v1::WebsitePhp {
    fn from(Website { run, directories, settings }: Website) -> Self {
        let max_execution_seconds = match run.max_execution_seconds {
            Some(Limit::AtMost(seconds)) => Some(seconds),
            Some(Limit::Unlimited) | None => None,
        };
        Self {
            mode: run.mode,
            version: run.version,
            max_execution_seconds,
            directories: directories.into_iter().map(Into::into).collect(),
            settings: settings.0.into_iter().collect(),
        }
    }
}

impl From<Directory> for v1::PhpDirectory {
    fn from(Directory { path, version, .. }: Directory) -> Self {
        Self { path, version }
    }
}

impl From<Version> for v1::PhpVersion {
    fn from(Version { version, full, modes }: Version) -> Self {
        Self { version, full_version: full, modes }
    }
}

async fn versions(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ListPhpVersionsRequest>,
) -> Result<v1::ListPhpVersionsResponse, Fault> {
    let work = async move |server: Arc<Server>| {
        Ok(server.panel.records::<Version>(&php::versions(), deadline).await?)
    };
    let versions = gateway.read(&message.server_id, Purpose::Read, deadline, work).await?;
    Ok(v1::ListPhpVersionsResponse { versions: versions.into_iter().map(Into::into).collect() })
}

async fn get(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::GetPhpRequest>,
) -> Result<Website, Fault> {
    let domain: DomainName = requests::parse("domain", &message.domain)?;
    let work = async move |server: Arc<Server>| {
        let found = website(&server.panel, domain.as_str(), deadline).await?;
        found.ok_or_else(|| Fault::not_found("website", domain))
    };
    gateway.read(&message.server_id, Purpose::Read, deadline, work).await
}
