//! The gRPC service `Domains`: each operation calls the file that serves it.

mod create;
mod create_part;
mod delete;
mod delete_part;
mod limits;
mod list;
mod login_link;
mod modify;
mod part;
mod password;
mod protection;
mod rename;
mod switch;
mod usage;
mod validate;
mod wanted;

use contracts::gateway::v1::{self, domains_server::Domains};
use model::secret::Secret;
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

    async fn list_domain_names(
        &self,
        request: Request<v1::ListDomainNamesRequest>,
    ) -> Answer<v1::ListDomainNamesResponse> {
        answer("ListDomainNames", list::names(self, self.receive(request)).await)
    }

    async fn get_domain(&self, request: Request<v1::GetDomainRequest>) -> Answer<v1::Domain> {
        answer("GetDomain", list::one(self, self.receive(request)).await)
    }

    async fn get_usage(&self, request: Request<v1::GetUsageRequest>) -> Answer<v1::Usage> {
        answer("GetUsage", usage::serve(self, self.receive(request)).await)
    }

    async fn create_domain(&self, request: Request<v1::CreateDomainRequest>) -> Answer<v1::Domain> {
        answer("CreateDomain", create::serve(self, self.receive(request)).await)
    }

    async fn create_part(&self, request: Request<v1::CreatePartRequest>) -> Answer<v1::Domain> {
        answer("CreatePart", create_part::serve(self, self.receive(request)).await)
    }

    async fn delete_part(
        &self,
        request: Request<v1::DeletePartRequest>,
    ) -> Answer<v1::DeletePartResponse> {
        let existed = delete_part::serve(self, self.receive(request)).await;
        answer("DeletePart", existed.map(|existed| v1::DeletePartResponse { existed }))
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

    async fn rename_domain(&self, request: Request<v1::RenameDomainRequest>) -> Answer<v1::Domain> {
        answer("RenameDomain", rename::serve(self, self.receive(request)).await)
    }

    async fn rename_user(&self, request: Request<v1::RenameUserRequest>) -> Answer<v1::Domain> {
        answer("RenameUser", rename::serve_user(self, self.receive(request)).await)
    }

    async fn validate_domain(
        &self,
        request: Request<v1::ValidateDomainRequest>,
    ) -> Answer<v1::ValidateDomainResponse> {
        answer("ValidateDomain", validate::serve(self, self.receive(request)).await)
    }

    async fn create_login_link(
        &self,
        request: Request<v1::CreateLoginLinkRequest>,
    ) -> Answer<v1::LoginLink> {
        let link = login_link::serve(self, self.receive(request)).await;
        let open = |it: Secret| v1::LoginLink { login_url: it.expose().to_owned() };
        answer("CreateLoginLink", link.map(open))
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
