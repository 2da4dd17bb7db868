//! The gRPC service `Domains`: each operation calls the file that serves it.

mod create;
mod delete;
mod limits;
mod list;
mod modify;
mod password;
mod protection;
mod switch;

use contracts::gateway::v1::{self, domains_server::Domains};
use tokio_stream::Iter;
use tonic::{Request, Status};

use super::{
    Gateway,
    answers::{Answer, answer},
};

#[tonic::async_trait]
impl Domains for Gateway {
    type ListDomainsStream = Iter<std::vec::IntoIter<Result<v1::Domain, Status>>>;

    async fn list_domains(
        &self,
        request: Request<v1::ListDomainsRequest>,
    ) -> Answer<Self::ListDomainsStream> {
        let listed = list::all(self, self.receive(request)).await;
        // The whole listing is read before the first message is sent. The client pulls the stream, so unsent
        // messages wait here.
        let stream = |domains: Vec<_>| {
            let messages: Vec<_> =
                domains.into_iter().map(|domain| Ok(v1::Domain::from(domain))).collect();
            tokio_stream::iter(messages)
        };
        answer("ListDomains", listed.map(stream))
    }

    async fn get_domain(&self, request: Request<v1::GetDomainRequest>) -> Answer<v1::Domain> {
        answer("GetDomain", list::one(self, self.receive(request)).await)
    }

    async fn create_domain(&self, request: Request<v1::CreateDomainRequest>) -> Answer<v1::Domain> {
        answer("CreateDomain", create::serve(self, self.receive(request)).await)
    }

    async fn modify_domain(&self, request: Request<v1::ModifyDomainRequest>) -> Answer<v1::Domain> {
        answer("ModifyDomain", modify::serve(self, self.receive(request)).await)
    }

    async fn set_domain_password(
        &self,
        request: Request<v1::SetDomainPasswordRequest>,
    ) -> Answer<v1::Domain> {
        answer("SetDomainPassword", password::serve(self, self.receive(request)).await)
    }

    async fn disable_domain(
        &self,
        request: Request<v1::DisableDomainRequest>,
    ) -> Answer<v1::Domain> {
        answer("DisableDomain", switch::serve_disable(self, self.receive(request)).await)
    }

    async fn enable_domain(&self, request: Request<v1::EnableDomainRequest>) -> Answer<v1::Domain> {
        answer("EnableDomain", switch::serve_enable(self, self.receive(request)).await)
    }

    async fn delete_domain(
        &self,
        request: Request<v1::DeleteDomainRequest>,
    ) -> Answer<v1::DeleteDomainResponse> {
        let existed = delete::serve(self, self.receive(request)).await;
        answer("DeleteDomain", existed.map(|existed| v1::DeleteDomainResponse { existed }))
    }
}
