//! The gRPC service `Aliases`: the mail aliases of virtual servers that are ours.

mod create;
mod delete;
mod find;

use std::sync::Arc;

use contracts::gateway::v1::{self, aliases_server::Aliases};
use model::{domain::DomainName, fault::Fault};
use tonic::Request;

use super::{
    Call, Gateway,
    answers::{Answer, answer},
    requests,
};
use crate::{
    panel::{
        aliases::{self, Alias},
        faults::Error,
    },
    servers::{Purpose, Server},
};

#[tonic::async_trait]
impl Aliases for Gateway {
    async fn list_aliases(
        &self,
        request: Request<v1::ListAliasesRequest>,
    ) -> Answer<v1::ListAliasesResponse> {
        answer("ListAliases", list(self, self.receive(request)).await)
    }

    async fn create_alias(&self, request: Request<v1::CreateAliasRequest>) -> Answer<v1::Alias> {
        answer("CreateAlias", create::serve(self, self.receive(request)).await)
    }

    async fn delete_alias(
        &self,
        request: Request<v1::DeleteAliasRequest>,
    ) -> Answer<v1::DeleteAliasResponse> {
        let existed = delete::serve(self, self.receive(request)).await;
        answer("DeleteAlias", existed.map(|existed| v1::DeleteAliasResponse { existed }))
    }
}

impl From<Alias> for v1::Alias {
    fn from(Alias { from, to }: Alias) -> Self {
        Self { from, to }
    }
}

async fn list(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ListAliasesRequest>,
) -> Result<v1::ListAliasesResponse, Fault> {
    let domain: DomainName = requests::parse("domain", &message.domain)?;
    let listing = aliases::listing(domain.as_str()).map_err(Error::from)?;
    let work = async move |server: Arc<Server>| {
        Ok(server.panel.records::<Alias>(&listing, deadline).await?)
    };
    let aliases = gateway.read(&message.server_id, Purpose::Read, deadline, work).await?;
    Ok(v1::ListAliasesResponse { aliases: aliases.into_iter().map(Into::into).collect() })
}
