//! A database, a gateway, an engine that knows the worker's workflows, and a reconciler that sweeps when told.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chassis::{Shutdown, config::load_from, seal::Keyring};
use drift_reconciler::{Gateway, HealthSettings, Outcome, Reconciler, SweepSettings};
use engine::{Engine, Settings, walk::drive};
use messaging::{Broker, BrokerConfig};
use model::{
    ids::{JobId, PlanId, ServerId, TenantId},
    job::{Job, JobStatus},
    plan::{Feature, Plan, PlanTerms},
    quota::Limit,
};
use sqlx::{PgPool, types::Uuid};
use store::Store;
use testkit::{eventually, free_port, postgres::Database};

/// One key, for tests.
pub(crate) const KEYS: &str = "test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Everything around one test.
pub(crate) struct World {
    pub(crate) store: Store,
    /// A way around the store, for looking and meddling.
    pub(crate) pool: PgPool,
    pub(crate) reconciler: Reconciler,
    pub(crate) keyring: Keyring,
    pub(crate) database: Database,
    pub(crate) gateway_url: String,
    pub(crate) tenant: TenantId,
    pub(crate) plan: Plan,
    engine: Engine,
    shutdown: Shutdown,
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = testkit::postgres::fresh(&store::schema_name(), store::migrate).await;
        let store = Store::connect(&database.url, 12).await.unwrap();
        let pool = PgPool::connect_lazy(&database.url).unwrap();
        let (tenant, plan) = sell(&store).await;
        let shutdown = Shutdown::new();
        let gateway_url = start_gateway(&database.url, shutdown.clone()).await;
        let url = gateway_url.parse().unwrap();
        let keyring = || Keyring::parse(&chassis::SecretString::from(KEYS)).unwrap();
        let worker = provisioning_worker::Gateway::connect(&url).unwrap();
        let registry = provisioning_worker::workflows(store.clone(), Arc::new(keyring()), worker);
        let broker = Broker::connect(BrokerConfig {
            url: &testkit::servers().amqp_url,
            // Shared by all tests: nothing is published or consumed where jobs are driven.
            prefix: "reconciler-test.",
            connection_name: "reconciler-test",
        })
        .await
        .unwrap();
        let engine = Engine::new(store.clone(), broker, registry, Settings::default());
        // A lease of so many seconds gives a host that hangs two to answer, and four to list.
        let sweep = SweepSettings { lease_seconds: 8, ..SweepSettings::default() };
        let gateway = Gateway::connect(&url).unwrap();
        let reconciler = Reconciler::new(store.clone(), gateway, sweep, HealthSettings::default());
        let keyring = keyring();
        Self {
            store,
            pool,
            reconciler,
            keyring,
            database,
            gateway_url,
            tenant,
            plan,
            engine,
            shutdown,
        }
    }

    /// Sweeps a server now, whenever it would be due.
    pub(crate) async fn sweep(&self, server: ServerId) -> Outcome {
        let due = "UPDATE server_sweeps SET due_at = now() + interval '1 hour'";
        sqlx::query(due).execute(&self.pool).await.unwrap();
        let tx = self.store.begin().await.unwrap();
        tx.make_sweep_due(server).await.unwrap();
        tx.commit().await.unwrap();
        self.reconciler.sweep_next().await.unwrap().expect("the server is due")
    }

    /// Drives every job that waits to its end, and shows them.
    pub(crate) async fn work(&self) -> Vec<Job> {
        let pending = "SELECT id FROM jobs WHERE status = 'pending' ORDER BY seq";
        let ids: Vec<Uuid> = sqlx::query_scalar(pending).fetch_all(&self.pool).await.unwrap();
        let mut jobs = Vec::new();
        for id in ids.into_iter().map(JobId::from) {
            drive(&self.engine, id, &[]).await;
            jobs.push(self.store.job_by_id(id).await.unwrap().unwrap());
        }
        jobs
    }

    /// As [`World::work`], where every job must succeed: how many they were.
    pub(crate) async fn work_well(&self) -> usize {
        let jobs = self.work().await;
        for job in &jobs {
            assert_eq!(job.status, JobStatus::Completed, "{:?}", job.fault);
        }
        jobs.len()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}

async fn sell(store: &Store) -> (TenantId, Plan) {
    let tx = store.begin().await.unwrap();
    let tenant_id = tx.ensure_tenant("reconciler-test").await.unwrap();
    let terms = PlanTerms {
        disk_mib: Limit::AtMost(1024),
        bandwidth_mib: Limit::Unlimited,
        mailboxes: Limit::AtMost(5),
        databases: Limit::Unlimited,
        features: [Feature::Web, Feature::Mail].into(),
        server_tags: [].into(),
    };
    let plan = Plan { id: PlanId::generate(), tenant_id, name: "starter".to_owned(), terms };
    tx.insert_plan(&plan).await.unwrap();
    tx.commit().await.unwrap();
    (tenant_id, plan)
}

async fn start_gateway(database_url: &str, shutdown: Shutdown) -> String {
    let port = free_port();
    let variables = [
        ("PRAHO__DATABASE__URL", database_url),
        ("PRAHO__SECRETS__KEYS", KEYS),
        ("PRAHO__GRPC__LISTEN", &format!("127.0.0.1:{port}")),
        ("PRAHO__HTTP__LISTEN", "127.0.0.1:0"),
        ("PRAHO__PANEL__SETTLE_SECONDS", "0"),
        // A host that was left alone for a while would fail checks that are not about it.
        ("PRAHO__PANEL__BREAKER_FAILURES", "1000"),
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
