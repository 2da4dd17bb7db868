//! The gateway's contract: each call is read, given its turn, and answered.

mod answers;
mod create;
mod delete;
mod limits;
mod look;
mod modify;
mod protection;
mod requests;
mod switch;

use std::{sync::Arc, time::Duration};

use contracts::gateway::v1::{self, virtualmin_gateway_server::VirtualminGateway};
use model::{
    fault::{Fault, FaultKind},
    ids::AccountId,
    secret::Secret,
};
use store::Store;
use tokio::time::Instant;
use tokio_stream::Iter;
use tonic::{Request, Response, Status};

use crate::{
    deadline,
    mutations::Mutations,
    pace,
    panel::domains::Domain,
    servers::{Server, Servers},
};
use answers::{answer, refuse};

/// The gateway.
pub(crate) struct Gateway {
    /// Where the pace is kept.
    pub(crate) store: Store,
    /// The hosts.
    pub(crate) servers: Servers,
    /// Their changes.
    pub(crate) mutations: Mutations,
    /// How long a call may take, where its caller's own deadline is not shorter.
    pub(crate) call_timeout: Duration,
}

impl Gateway {
    fn deadline<M>(&self, request: &Request<M>) -> Instant {
        deadline::of(request.metadata(), self.call_timeout, Instant::now())
    }

    /// The host, once a reading call may go to it.
    async fn to_read(&self, id: &str, deadline: Instant) -> Result<Arc<Server>, Fault> {
        let (server, reads_per_second) = self.servers.open(requests::server(id)?).await?;
        pace::wait(&self.store, server.id, reads_per_second, deadline).await?;
        Ok(server)
    }

    /// Makes a change in its turn.
    async fn change<T, W>(
        &self,
        server: &str,
        fence: Option<v1::Fence>,
        deadline: Instant,
        work: impl FnOnce(Arc<Server>) -> W + Send + 'static,
    ) -> Result<T, Fault>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, Fault>> + Send,
    {
        let (fence, id) = (requests::fence(fence)?, requests::server(server)?);
        let (server, _) = self.servers.open(id).await?;
        self.mutations.run(server, fence, deadline, work).await
    }

    /// The password of an account, from how it is stored.
    fn password(&self, account: &str, sealed: &[u8]) -> Result<Secret, Fault> {
        let account: AccountId = requests::parse("account_id", account)?;
        self.servers.unseal(&format!("account/{account}/password"), sealed)
    }

    async fn list(&self, request: Request<v1::ListDomainsRequest>) -> Result<Vec<Domain>, Fault> {
        let deadline = self.deadline(&request);
        let server = self.to_read(&request.get_ref().server_id, deadline).await?;
        Ok(server.panel.domains(deadline).await?)
    }

    async fn get(&self, request: Request<v1::GetDomainRequest>) -> Result<Domain, Fault> {
        let (deadline, request) = (self.deadline(&request), request.into_inner());
        let domain: model::domain::DomainName = requests::parse("domain", &request.domain)?;
        let server = self.to_read(&request.server_id, deadline).await?;
        let found = server.panel.domain(domain.as_str(), true, deadline).await?;
        found.ok_or_else(|| Fault::not_found("virtual server", domain))
    }

    async fn create(&self, request: Request<v1::CreateDomainRequest>) -> Result<Domain, Fault> {
        let (deadline, request) = (self.deadline(&request), request.into_inner());
        let order = create::Order {
            domain: requests::parse("domain", &request.domain)?,
            username: requests::parse("username", &request.username)?,
            marker: requests::marker(&request.marker)?,
            features: requests::features(&request.features)?,
            limits: request.limits.unwrap_or_default(),
            password: self.password(&request.account_id, &request.sealed_password)?,
        };
        // What cannot be sent is refused before anybody waits for it.
        order.request()?;
        let work =
            async move |server: Arc<Server>| create::create(&server.panel, &order, deadline).await;
        self.change(&request.server_id, request.fence, deadline, work).await
    }

    async fn modify(&self, request: Request<v1::ModifyDomainRequest>) -> Result<Domain, Fault> {
        let (deadline, request) = (self.deadline(&request), request.into_inner());
        let target = requests::target(&request.domain, &request.marker)?;
        let password = if request.sealed_password.is_empty() {
            None
        } else {
            Some(self.password(&request.account_id, &request.sealed_password)?)
        };
        let change = modify::Change { limits: request.limits, password };
        let work = async move |server: Arc<Server>| {
            modify::modify(&server.panel, &target, &change, deadline).await
        };
        self.change(&request.server_id, request.fence, deadline, work).await
    }

    async fn disable(&self, request: Request<v1::DisableDomainRequest>) -> Result<Domain, Fault> {
        let (deadline, request) = (self.deadline(&request), request.into_inner());
        let target = requests::switched(&request.domain, &request.marker, request.stranger)?;
        let reason = requests::reason(&request.reason);
        let work = async move |server: Arc<Server>| {
            switch::disable(&server.panel, &target, &reason, deadline).await
        };
        self.change(&request.server_id, request.fence, deadline, work).await
    }

    async fn enable(&self, request: Request<v1::EnableDomainRequest>) -> Result<Domain, Fault> {
        let (deadline, request) = (self.deadline(&request), request.into_inner());
        let target = requests::switched(&request.domain, &request.marker, request.stranger)?;
        let work =
            async move |server: Arc<Server>| switch::enable(&server.panel, &target, deadline).await;
        self.change(&request.server_id, request.fence, deadline, work).await
    }

    async fn delete(&self, request: Request<v1::DeleteDomainRequest>) -> Result<bool, Fault> {
        let (deadline, request) = (self.deadline(&request), request.into_inner());
        let target = requests::target(&request.domain, &request.marker)?;
        let work =
            async move |server: Arc<Server>| delete::delete(&server.panel, &target, deadline).await;
        self.change(&request.server_id, request.fence, deadline, work).await
    }
}

#[tonic::async_trait]
impl VirtualminGateway for Gateway {
    type ListDomainsStream = Iter<std::vec::IntoIter<Result<v1::Domain, Status>>>;

    async fn list_domains(
        &self,
        request: Request<v1::ListDomainsRequest>,
    ) -> Result<Response<Self::ListDomainsStream>, Status> {
        let domains = self.list(request).await.map_err(|it| refuse("ListDomains", &it))?;
        // All or none: the listing is whole before the first is sent. The stream is pulled, so what is not
        // yet sent waits here.
        let messages: Vec<_> = domains.into_iter().map(|it| Ok(it.into())).collect();
        Ok(Response::new(tokio_stream::iter(messages)))
    }

    async fn get_domain(
        &self,
        request: Request<v1::GetDomainRequest>,
    ) -> Result<Response<v1::Domain>, Status> {
        answer("GetDomain", self.get(request).await)
    }

    async fn create_domain(
        &self,
        request: Request<v1::CreateDomainRequest>,
    ) -> Result<Response<v1::Domain>, Status> {
        answer("CreateDomain", self.create(request).await)
    }

    async fn modify_domain(
        &self,
        request: Request<v1::ModifyDomainRequest>,
    ) -> Result<Response<v1::Domain>, Status> {
        answer("ModifyDomain", self.modify(request).await)
    }

    async fn disable_domain(
        &self,
        request: Request<v1::DisableDomainRequest>,
    ) -> Result<Response<v1::Domain>, Status> {
        answer("DisableDomain", self.disable(request).await)
    }

    async fn enable_domain(
        &self,
        request: Request<v1::EnableDomainRequest>,
    ) -> Result<Response<v1::Domain>, Status> {
        answer("EnableDomain", self.enable(request).await)
    }

    async fn delete_domain(
        &self,
        request: Request<v1::DeleteDomainRequest>,
    ) -> Result<Response<v1::DeleteDomainResponse>, Status> {
        let existed = self.delete(request).await;
        answer("DeleteDomain", existed.map(|existed| v1::DeleteDomainResponse { existed }))
    }

    async fn server_info(
        &self,
        request: Request<v1::ServerInfoRequest>,
    ) -> Result<Response<v1::ServerInfoResponse>, Status> {
        let deadline = self.deadline(&request);
        let info = async {
            let id = &request.get_ref().server_id;
            let info = self.to_read(id, deadline).await?.panel.info(deadline).await?;
            let server = self.to_read(id, deadline).await?;
            match server.panel.missing_programs(deadline).await?.as_slice() {
                [] => Ok(info),
                missing => Err(Fault::new(FaultKind::Refused, lacks(missing))),
            }
        };
        answer("ServerInfo", info.await)
    }
}

fn lacks(programs: &[&str]) -> String {
    format!("the panel lacks programs that we need: {}", programs.join(", "))
}
