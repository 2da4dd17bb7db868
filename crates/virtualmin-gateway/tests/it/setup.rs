//! Starts a gateway in this process, with a simulated host and a job that may change the host.

use std::time::Duration;

use chassis::Shutdown;
use contracts::{
    gateway::v1::{self, domains_client::DomainsClient, hosts_client::HostsClient},
    status,
};
use fixtures::Company;
use model::{
    account::ProvisionAccount,
    fault::{Effect, Fault, FaultKind},
    fence::Change,
    ids::{AccountId, ServerId},
    server::{Server, ServerStatus, Trust},
};
use simulators::virtualmin::{Options, Simulator};
use store::claims::Claim;
use tonic::{
    Request, Status,
    transport::{Channel, Endpoint},
};
use virtualmin_gateway::{Config, Settings};

/// The domain of [`World::account`].
pub(crate) const SHOP: &str = "shop.example";
/// The domain of a virtual server that no account claims, if a test creates one.
pub(crate) const STRANGER: &str = "other.example";

/// The password of the accounts that tests make.
pub(crate) const ACCOUNT_PASSWORD: &str = "acc0unt-Pa55word&x=1 ö";

/// The gateway, its host and its database.
pub(crate) struct World {
    pub(crate) simulator: Simulator,
    pub(crate) server: ServerId,
    /// The connection to the gateway, for other clients.
    pub(crate) channel: Channel,
    /// The client for virtual servers.
    pub(crate) client: DomainsClient<Channel>,
    /// The client for hosts.
    pub(crate) hosts: HostsClient<Channel>,
    /// The claim that allows changes of the host.
    pub(crate) fence: v1::Fence,
    /// The account of every order; its password is [`ACCOUNT_PASSWORD`].
    pub(crate) account: AccountId,
    /// The rows behind the gateway.
    pub(crate) company: Company,
    shutdown: Shutdown,
}

impl World {
    /// Starts a host with default options and a gateway with short timeouts.
    pub(crate) async fn new() -> Self {
        Self::with(Options::default(), |_| ()).await
    }

    /// The same, with a gateway that makes the next change at once after one of unknown outcome.
    pub(crate) async fn without_rest() -> Self {
        Self::with(Options::default(), |it| it.settings.settle_seconds = 0).await
    }

    /// The same, with other options and another registration of the host.
    pub(crate) async fn with(options: Options, register: impl FnOnce(&mut Registration)) -> Self {
        let simulator = Simulator::start(options).await.unwrap();
        let company = Company::new(4).await;
        let mut registration = Registration {
            trust: Trust::Sha256Pin(simulator.certificate_sha256()),
            username: simulator.username().to_owned(),
            password: simulator.password().to_owned(),
            reads_per_second: Some(1000),
            settings: Settings { settle_seconds: 2, ..Settings::default() },
            networks: fixtures::NETWORKS,
            url: simulator.url(),
        };
        register(&mut registration);
        let Registration { trust, username, password, reads_per_second, settings, networks, url } =
            registration;
        let server = Server {
            trust,
            reads_per_second,
            status: ServerStatus::Unverified,
            // So that jobs of several accounts hold the server at a time.
            mutation_slots: 8,
            url: Some(url),
            ..company.server_of(&simulator)
        };
        let server = company.insert_server(&server, &username, &password).await;
        let account = company.site_of(server, SHOP).await.account;
        company.identify(account, "shop", ACCOUNT_PASSWORD).await;

        let shutdown = Shutdown::new();
        let allowed = [("PRAHO__EGRESS__ALLOW", networks)];
        let url = fixtures::listen(&company.database, &allowed, |variables| {
            let config: Config = chassis::config::load_from(None, variables).unwrap();
            virtualmin_gateway::run(Config { virtualmin: settings, ..config }, shutdown.clone())
        })
        .await;
        let channel = Endpoint::from_shared(url).unwrap().connect_lazy();
        let fence = claim_job(&company, server, account).await;
        Self {
            simulator,
            server,
            client: DomainsClient::new(channel.clone()),
            hosts: HostsClient::new(channel.clone()),
            channel,
            fence,
            account,
            shutdown,
            company,
        }
    }

    /// Another gateway on the same database, until the world ends.
    pub(crate) async fn another_gateway(&self) -> Channel {
        let shutdown = self.shutdown.clone();
        let url = fixtures::listen(&self.company.database, &[], |variables| {
            let config: Config = chassis::config::load_from(None, variables).unwrap();
            virtualmin_gateway::run(config, shutdown)
        })
        .await;
        Endpoint::from_shared(url).unwrap().connect_lazy()
    }

    /// An order for another account, with a job of its own.
    pub(crate) async fn another_order(
        &self,
        domain: &str,
        username: &str,
    ) -> v1::CreateDomainRequest {
        let account = self.company.site_of(self.server, domain).await.account;
        self.company.identify(account, username, ACCOUNT_PASSWORD).await;
        v1::CreateDomainRequest {
            fence: Some(claim_job(&self.company, self.server, account).await),
            account_id: account.to_string(),
            marker: model::account::Account::marker(account),
            ..self.order(domain, username)
        }
    }

    /// The mark of [`account`](Self::account).
    pub(crate) fn marker(&self) -> String {
        model::account::Account::marker(self.account)
    }

    /// An order for a virtual server with a website and mail.
    pub(crate) fn order(&self, domain: &str, username: &str) -> v1::CreateDomainRequest {
        v1::CreateDomainRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: domain.to_owned(),
            username: username.to_owned(),
            account_id: self.account.to_string(),
            marker: self.marker(),
            features: ["web", "mail"].map(str::to_owned).to_vec(),
            limits: Some(v1::Limits { disk_mib: Some(1024), ..v1::Limits::default() }),
        }
    }

    /// Creates `shop.example`, which must succeed.
    pub(crate) async fn shop(&self) -> v1::Domain {
        self.create(self.order(SHOP, "shop")).await.unwrap()
    }

    /// Lets the host take one change at a time from now on. The jobs of the orders made so far hold it all the same.
    pub(crate) async fn take_one_at_a_time(&self) {
        let one = sqlx::query("UPDATE servers SET mutation_slots = 1 WHERE id = $1");
        one.bind(self.server.uuid()).execute(&self.pool().await).await.unwrap();
    }

    pub(crate) async fn create(&self, order: v1::CreateDomainRequest) -> Result<v1::Domain, Fault> {
        self.may(Change::Create).await;
        answer(self.client.clone().create_domain(order).await)
    }

    /// As [`create`](Self::create), with a deadline of `limit`.
    pub(crate) async fn create_within(
        &self,
        order: v1::CreateDomainRequest,
        limit: Duration,
    ) -> Result<v1::Domain, Fault> {
        self.may(Change::Create).await;
        let mut request = Request::new(order);
        request.set_timeout(limit);
        answer(self.client.clone().create_domain(request).await)
    }

    pub(crate) async fn get(&self, domain: &str) -> Result<v1::Domain, Fault> {
        let (server_id, domain) = (self.server.to_string(), domain.to_owned());
        let request = v1::GetDomainRequest { server_id, domain, no_cache: true };
        answer(self.client.clone().get_domain(request).await)
    }

    pub(crate) async fn list(&self) -> Result<Vec<v1::Domain>, Fault> {
        let request = v1::ListDomainsRequest { server_id: self.server.to_string() };
        let mut stream = answer(self.client.clone().list_domains(request).await)?;
        let mut domains = Vec::new();
        while let Some(domain) = stream.message().await.map_err(|it| status::from_status(&it))? {
            domains.push(domain);
        }
        Ok(domains)
    }

    pub(crate) async fn names(&self) -> Vec<String> {
        let request = v1::ListDomainNamesRequest { server_id: self.server.to_string() };
        answer(self.client.clone().list_domain_names(request).await).unwrap().names
    }

    pub(crate) async fn info(&self) -> Result<v1::Host, Fault> {
        self.info_of(self.server).await
    }

    /// Asks a registered host about itself.
    pub(crate) async fn info_of(&self, server: ServerId) -> Result<v1::Host, Fault> {
        let request = v1::InspectHostRequest { server_id: server.to_string(), no_cache: true };
        answer(self.hosts.clone().inspect_host(request).await)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}

/// The registration of the host.
pub(crate) struct Registration {
    pub(crate) trust: Trust,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) reads_per_second: Option<u32>,
    pub(crate) settings: Settings,
    /// The networks that the operator of the gateway allows.
    pub(crate) networks: &'static str,
    /// Where the panel answers.
    pub(crate) url: String,
}

/// Files and claims the job that makes an account.
async fn claim_job(company: &Company, server: ServerId, account_id: AccountId) -> v1::Fence {
    let job = company.job_of(&ProvisionAccount { account_id }).holding(server.mutation_slot());
    let job = company.file_job(&job).await;
    match company.store.claim(job, "test", Duration::from_secs(300)).await.unwrap() {
        Claim::Taken(job) => v1::Fence { job_id: job.id.to_string(), epoch: job.epoch },
        other => panic!("{other:?}"),
    }
}

/// The message of an answer, or the fault behind its status.
pub(crate) fn answer<T>(result: Result<tonic::Response<T>, Status>) -> Result<T, Fault> {
    result.map(tonic::Response::into_inner).map_err(|status| status::from_status(&status))
}

/// The parts of a fault that callers decide by.
pub(crate) fn verdict<T: std::fmt::Debug>(result: Result<T, Fault>) -> (FaultKind, Effect) {
    let fault = result.unwrap_err();
    (fault.kind, fault.effect)
}
