//! The gRPC service `Redirects`: the redirects of the websites of virtual servers that are ours.

mod create;
mod delete;
mod find;

use std::sync::Arc;

use contracts::gateway::v1::{self, redirects_server::Redirects};
use model::{domain::DomainName, fault::Fault};
use tonic::Request;

use super::{
    Call, Gateway,
    answers::{Answer, answer},
    requests,
};
use crate::{
    panel::{
        faults::Error,
        redirects::{self, Redirect},
    },
    servers::{Purpose, Server},
};

#[tonic::async_trait]
impl Redirects for Gateway {
    async fn list_redirects(
        &self,
        request: Request<v1::ListRedirectsRequest>,
    ) -> Answer<v1::ListRedirectsResponse> {
        answer("ListRedirects", list(self, self.receive(request)).await)
    }

    async fn create_redirect(
        &self,
        request: Request<v1::CreateRedirectRequest>,
    ) -> Answer<v1::Redirect> {
        answer("CreateRedirect", create::serve(self, self.receive(request)).await)
    }

    async fn delete_redirect(
        &self,
        request: Request<v1::DeleteRedirectRequest>,
    ) -> Answer<v1::DeleteRedirectResponse> {
        let existed = delete::serve(self, self.receive(request)).await;
        answer("DeleteRedirect", existed.map(|existed| v1::DeleteRedirectResponse { existed }))
    }
}

impl From<Redirect> for v1::Redirect {
    fn from(Redirect { path, destination, scope, code, host }: Redirect) -> Self {
        Self {
            path,
            target: destination,
            r#match: scope.as_str().to_owned(),
            code: code.map_or(0, u32::from),
            host: host.unwrap_or_default(),
        }
    }
}

async fn list(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ListRedirectsRequest>,
) -> Result<v1::ListRedirectsResponse, Fault> {
    let domain: DomainName = requests::parse("domain", &message.domain)?;
    let listing = redirects::listing(domain.as_str()).map_err(Error::from)?;
    let work = async move |server: Arc<Server>| {
        Ok(server.panel.records::<Redirect>(&listing, deadline).await?)
    };
    let redirects = gateway.read(&message.server_id, Purpose::Read, deadline, work).await?;
    Ok(v1::ListRedirectsResponse { redirects: redirects.into_iter().map(Into::into).collect() })
}
