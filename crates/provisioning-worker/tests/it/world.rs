//! A database, a PowerDNS, a gateway with a simulated host behind it, and an engine that knows every workflow.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chassis::{Shutdown, config::load_from, seal::Keyring};
use engine::{Engine, Settings, walk::drive};
use messaging::{Broker, BrokerConfig};
use model::{
    dns::DnsServer,
    ids::{DnsServerId, JobId, TenantId},
    job::{Job, JobStatus, NewJob, Order, Origin},
};
use provisioning_worker::Gateway;
use store::Store;
use testkit::{
    Scratch, eventually, free_port,
    postgres::Database,
    powerdns::PowerDns,
    virtualmin::{Options, Simulator},
};

use crate::hosting::Hosting;

/// One key, for tests.
pub(crate) const KEYS: &str = "test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Everything around one test.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    /// The host that accounts are placed on.
    pub(crate) host: Simulator,
    pub(crate) powerdns: PowerDns,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) database: Database,
    pub(crate) gateway_url: String,
    pub(crate) tenant: TenantId,
    pub(crate) hosting: Hosting,
    shutdown: Shutdown,
    _scratch: Scratch,
}

impl World {
    pub(crate) async fn new() -> Self {
        let scratch = Scratch::new("provisioning");
        let powerdns = PowerDns::start(&scratch.path().join("powerdns")).await.unwrap();
        let host = Simulator::start(Options::default()).await.unwrap();
        let database = testkit::postgres::fresh(&store::schema_name(), store::migrate).await;
        let store = Store::connect(&database.url, 10).await.unwrap();
        let keyring = Arc::new(Keyring::parse(&chassis::SecretString::from(KEYS)).unwrap());
        let tx = store.begin().await.unwrap();
        let tenant = tx.ensure_tenant("worker-test").await.unwrap();
        tx.commit().await.unwrap();
        register_dns_server(&store, &keyring, tenant, &powerdns).await;
        let hosting = Hosting::new(&store, &keyring, tenant, &host).await;

        let shutdown = Shutdown::new();
        let gateway_url = start_gateway(&database.url, shutdown.clone()).await;
        let gateway = Gateway::connect(&gateway_url.parse().unwrap()).unwrap();
        let registry = provisioning_worker::workflows(store.clone(), keyring.clone(), gateway)
            .and(dns_manager::workflows(store.clone(), keyring.clone()).unwrap());
        let broker = Broker::connect(BrokerConfig {
            url: &testkit::servers().amqp_url,
            // Shared by all tests: nothing is published or consumed where jobs are driven.
            prefix: "worker-test.",
            connection_name: "worker-test",
        })
        .await
        .unwrap();
        let engine = Engine::new(store.clone(), broker, registry, Settings::default());
        Self {
            store,
            engine,
            host,
            powerdns,
            keyring,
            database,
            gateway_url,
            tenant,
            hosting,
            shutdown,
            _scratch: scratch,
        }
    }

    /// A job that carries `order` out, not filed yet.
    pub(crate) fn job_of(&self, order: &impl Order) -> NewJob {
        let origin = Origin {
            actor: "test".to_owned(),
            correlation_id: "worker-test".to_owned(),
            traceparent: None,
        };
        NewJob::of(self.tenant, order, origin)
    }

    /// Files a job that holds the host's mutation slot, as the API does.
    pub(crate) async fn file(&self, order: &impl Order) -> JobId {
        let slot = model::server::mutation_slot(self.hosting.server);
        self.file_job(&self.job_of(order).holding(slot)).await
    }

    pub(crate) async fn file_job(&self, job: &NewJob) -> JobId {
        let tx = self.store.begin().await.unwrap();
        tx.file_job(job).await.unwrap();
        tx.commit().await.unwrap();
        job.id
    }

    pub(crate) async fn job(&self, id: JobId) -> Job {
        self.store.job_by_id(id).await.unwrap().unwrap()
    }

    /// Drives a job to its end without mishaps, and shows it.
    pub(crate) async fn driven(&self, id: JobId) -> Job {
        drive(&self.engine, id, &[]).await;
        self.job(id).await
    }

    /// As [`World::driven`], for what must succeed.
    pub(crate) async fn completed(&self, order: &impl Order) {
        let job = self.driven(self.file(order).await).await;
        assert_eq!(job.status, JobStatus::Completed, "{:?}", job.fault);
    }

    /// As [`World::driven`], for what must fail: the message it fails with.
    pub(crate) async fn failed(&self, order: &impl Order) -> model::fault::Fault {
        let job = self.driven(self.file(order).await).await;
        assert_eq!(job.status, JobStatus::Failed, "{:?}", job.fault);
        job.fault.unwrap()
    }

    /// Tries an ended job again, as a person may ask for.
    pub(crate) async fn again(&self, id: JobId) -> Job {
        let tx = self.store.begin().await.unwrap();
        tx.restart(&self.job(id).await).await.unwrap();
        tx.commit().await.unwrap();
        self.driven(id).await
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}

async fn register_dns_server(
    store: &Store,
    keyring: &Keyring,
    tenant_id: TenantId,
    powerdns: &PowerDns,
) {
    let server = DnsServer {
        id: DnsServerId::generate(),
        tenant_id,
        name: "ns-lab".to_owned(),
        api_url: powerdns.api_url(),
        nameservers: vec![powerdns.dns_addr()],
        ns_names: vec!["ns1.lab.test".to_owned()],
    };
    let context = format!("dns-server/{}/api-key", server.id);
    let sealed = keyring.seal(&context, powerdns.api_key().as_bytes());
    let tx = store.begin().await.unwrap();
    tx.insert_dns_server(&server, &sealed).await.unwrap();
    tx.commit().await.unwrap();
}

/// A gateway that lets the next change in at once after an unknown outcome: the simulated host is never at
/// work behind our back.
async fn start_gateway(database_url: &str, shutdown: Shutdown) -> String {
    let port = free_port();
    let variables = [
        ("PRAHO__DATABASE__URL", database_url),
        ("PRAHO__SECRETS__KEYS", KEYS),
        ("PRAHO__GRPC__LISTEN", &format!("127.0.0.1:{port}")),
        ("PRAHO__HTTP__LISTEN", "127.0.0.1:0"),
        ("PRAHO__PANEL__SETTLE_SECONDS", "0"),
    ];
    let variables: HashMap<_, _> =
        variables.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let config = load_from(None, variables).unwrap();
    tokio::spawn(virtualmin_gateway::run(config, shutdown));
    eventually("the gateway to listen", async || {
        let address = ("127.0.0.1", port);
        let limit = Duration::from_secs(1);
        tokio::time::timeout(limit, tokio::net::TcpStream::connect(address)).await.ok()?.ok()
    })
    .await;
    format!("http://127.0.0.1:{port}")
}
