//! A gateway in this process, a host for it to talk to, and a job that may change that host.

use std::{collections::BTreeSet, time::Duration};

use chassis::{Shutdown, seal::Keyring};
use contracts::{
    gateway::v1::{self, virtualmin_gateway_client::VirtualminGatewayClient},
    status,
};
use model::{
    account::ProvisionAccount,
    fault::{Effect, Fault, FaultKind},
    ids::{AccountId, ServerId, TenantId},
    job::{NewJob, Origin},
    server::{Server, ServerStatus, Trust},
};
use store::{Store, claims::Claim, servers::SealedCredentials};
use testkit::{
    eventually, free_port,
    postgres::Database,
    virtualmin::{Options, Simulator},
};
use tonic::{Request, Status, transport::Channel};
use virtualmin_gateway::{Config, Panel};

/// The password of the accounts that tests make.
pub(crate) const ACCOUNT_PASSWORD: &str = "acc0unt-Pa55word&x=1 ö";

/// Everything around one test.
pub(crate) struct World {
    /// The host.
    pub(crate) simulator: Simulator,
    /// The host's id.
    pub(crate) server: ServerId,
    /// The database behind the gateway.
    pub(crate) store: Store,
    /// The gateway.
    pub(crate) client: VirtualminGatewayClient<Channel>,
    /// The right to change the host.
    pub(crate) fence: v1::Fence,
    keyring: Keyring,
    account: AccountId,
    tenant: TenantId,
    shutdown: Shutdown,
    _database: Database,
}

impl World {
    /// A host as it is by default, and a gateway that is soon impatient.
    pub(crate) async fn new() -> Self {
        Self::with(Options::default(), |_| ()).await
    }

    /// The same, with changes to the host's registration.
    pub(crate) async fn with(options: Options, register: impl FnOnce(&mut Registration)) -> Self {
        let simulator = Simulator::start(options).await.unwrap();
        let database = testkit::postgres::fresh(&store::schema_name(), store::migrate).await;
        let store = Store::connect(&database.url, 4).await.unwrap();

        let key = format!("test:{}=", "k".repeat(43));
        let keyring = Keyring::parse(&chassis::SecretString::from(key.clone())).unwrap();
        let mut registration = Registration {
            trust: Trust::Sha256Pin(simulator.certificate_sha256()),
            username: simulator.username().to_owned(),
            password: simulator.password().to_owned(),
            reads_per_second: 1000,
            panel: Panel { settle_seconds: 2, ..Panel::default() },
        };
        register(&mut registration);
        let (tenant, server) = registration.insert(&store, &keyring, simulator.url()).await;

        let port = free_port();
        let config = config(&database.url, &key, port, registration.panel);
        let shutdown = Shutdown::new();
        tokio::spawn(virtualmin_gateway::run(config, shutdown.clone()));
        let client = eventually("the gateway answers", async || {
            VirtualminGatewayClient::connect(format!("http://127.0.0.1:{port}")).await.ok()
        })
        .await;
        let account = AccountId::generate();
        let fence = claim_job(&store, tenant, account).await;
        Self {
            simulator,
            server,
            store,
            client,
            fence,
            keyring,
            account,
            tenant,
            shutdown,
            _database: database,
        }
    }

    /// A job in the hands of a worker: what it takes to change the host.
    pub(crate) async fn another_fence(&self) -> v1::Fence {
        claim_job(&self.store, self.tenant, AccountId::generate()).await
    }

    /// A password of the account, sealed as it is stored.
    pub(crate) fn sealed(&self, text: &str) -> Vec<u8> {
        self.keyring.seal(&format!("account/{}/password", self.account), text.as_bytes())
    }

    /// Our mark.
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
            sealed_password: self.sealed(ACCOUNT_PASSWORD),
            account_id: self.account.to_string(),
            marker: self.marker(),
            features: ["web", "mail"].map(str::to_owned).to_vec(),
            limits: Some(v1::Limits { disk_mib: Some(1024), ..v1::Limits::default() }),
        }
    }

    /// Creates `shop.example`, which has to work.
    pub(crate) async fn shop(&self) -> v1::Domain {
        self.create(self.order("shop.example", "shop")).await.unwrap()
    }

    pub(crate) async fn create(&self, order: v1::CreateDomainRequest) -> Result<v1::Domain, Fault> {
        answer(self.client.clone().create_domain(order).await)
    }

    /// As [`create`](Self::create), by a caller who waits no longer than `limit`.
    pub(crate) async fn create_within(
        &self,
        order: v1::CreateDomainRequest,
        limit: Duration,
    ) -> Result<v1::Domain, Fault> {
        let mut request = Request::new(order);
        request.set_timeout(limit);
        answer(self.client.clone().create_domain(request).await)
    }

    pub(crate) async fn get(&self, domain: &str) -> Result<v1::Domain, Fault> {
        let (server_id, domain) = (self.server.to_string(), domain.to_owned());
        let request = v1::GetDomainRequest { server_id, domain };
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

    pub(crate) async fn info(&self) -> Result<v1::ServerInfoResponse, Fault> {
        let request = v1::ServerInfoRequest { server_id: self.server.to_string() };
        answer(self.client.clone().server_info(request).await)
    }

    pub(crate) async fn disable(&self, domain: &str, reason: &str) -> Result<v1::Domain, Fault> {
        let request = v1::DisableDomainRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: domain.to_owned(),
            marker: self.marker(),
            reason: reason.to_owned(),
            stranger: false,
        };
        answer(self.client.clone().disable_domain(request).await)
    }

    pub(crate) async fn enable(&self, domain: &str) -> Result<v1::Domain, Fault> {
        let request = v1::EnableDomainRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: domain.to_owned(),
            marker: self.marker(),
            stranger: false,
        };
        answer(self.client.clone().enable_domain(request).await)
    }

    pub(crate) async fn disable_stranger(&self, domain: &str) -> Result<v1::Domain, Fault> {
        let request = v1::DisableDomainRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: domain.to_owned(),
            marker: String::new(),
            reason: "nobody claims it".to_owned(),
            stranger: true,
        };
        answer(self.client.clone().disable_domain(request).await)
    }

    pub(crate) async fn enable_stranger(&self, domain: &str) -> Result<v1::Domain, Fault> {
        let request = v1::EnableDomainRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: domain.to_owned(),
            marker: String::new(),
            stranger: true,
        };
        answer(self.client.clone().enable_domain(request).await)
    }

    /// Whether it was there.
    pub(crate) async fn delete(&self, domain: &str) -> Result<bool, Fault> {
        let request = v1::DeleteDomainRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: domain.to_owned(),
            marker: self.marker(),
        };
        answer(self.client.clone().delete_domain(request).await).map(|it| it.existed)
    }

    pub(crate) async fn modify(
        &self,
        domain: &str,
        limits: Option<v1::Limits>,
        password: Option<&str>,
    ) -> Result<v1::Domain, Fault> {
        let request = v1::ModifyDomainRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: domain.to_owned(),
            marker: self.marker(),
            limits,
            sealed_password: password.map(|it| self.sealed(it)).unwrap_or_default(),
            account_id: self.account.to_string(),
        };
        answer(self.client.clone().modify_domain(request).await)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}

/// How the host is known to us.
pub(crate) struct Registration {
    pub(crate) trust: Trust,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) reads_per_second: u32,
    pub(crate) panel: Panel,
}

impl Registration {
    async fn insert(&self, store: &Store, keyring: &Keyring, url: String) -> (TenantId, ServerId) {
        let tx = store.begin().await.unwrap();
        let tenant_id = tx.ensure_tenant("tests").await.unwrap();
        let id = ServerId::generate();
        let server = Server {
            id,
            tenant_id,
            name: "vm1".to_owned(),
            url,
            trust: self.trust.clone(),
            addresses: vec!["192.0.2.1".parse().unwrap()],
            capacity: 10,
            accounts: 0,
            tags: BTreeSet::new(),
            status: ServerStatus::Unverified,
            reads_per_second: self.reads_per_second,
            mutation_slots: 1,
            version: None,
            status_reason: None,
        };
        let seal = |what, text: &str| keyring.seal(&format!("server/{id}/{what}"), text.as_bytes());
        let credentials = SealedCredentials {
            username: seal("username", &self.username),
            password: seal("password", &self.password),
        };
        tx.insert_server(&server, &credentials).await.unwrap();
        tx.commit().await.unwrap();
        (tenant_id, id)
    }
}

async fn claim_job(store: &Store, tenant: TenantId, account_id: AccountId) -> v1::Fence {
    let origin =
        Origin { actor: "test".to_owned(), correlation_id: "test".to_owned(), traceparent: None };
    let job = NewJob::of(tenant, &ProvisionAccount { account_id }, origin);
    let tx = store.begin().await.unwrap();
    tx.file_job(&job).await.unwrap();
    tx.commit().await.unwrap();
    match store.claim(job.id, "test", Duration::from_secs(300)).await.unwrap() {
        Claim::Taken(job) => v1::Fence { job_id: job.id.to_string(), epoch: job.epoch },
        other => panic!("{other:?}"),
    }
}

fn config(url: &str, key: &str, port: u16, panel: Panel) -> Config {
    let variables = [
        ("PRAHO__DATABASE__URL", url.to_owned()),
        ("PRAHO__SECRETS__KEYS", key.to_owned()),
        ("PRAHO__GRPC__LISTEN", format!("127.0.0.1:{port}")),
        ("PRAHO__HTTP__LISTEN", "127.0.0.1:0".to_owned()),
    ];
    let variables = variables.map(|(key, value)| (key.to_owned(), value)).into();
    Config { panel, ..chassis::config::load_from(None, variables).unwrap() }
}

fn answer<T>(result: Result<tonic::Response<T>, Status>) -> Result<T, Fault> {
    result.map(tonic::Response::into_inner).map_err(|status| status::from_status(&status))
}

/// What callers decide by.
pub(crate) fn verdict<T: std::fmt::Debug>(result: Result<T, Fault>) -> (FaultKind, Effect) {
    let fault = result.unwrap_err();
    (fault.kind, fault.effect)
}
