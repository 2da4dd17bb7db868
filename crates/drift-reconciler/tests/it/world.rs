//! A company, a gateway, an engine with the worker's workflows, and a reconciler that sweeps on command.

use std::ops::Deref;

use chassis::{Shutdown, config::load_from};
use drift_reconciler::{HealthSettings, Reconciler, SweepOutcome, SweepSettings};
use engine::{Engine, walk::drive};
use fixtures::Company;
use model::{
    ids::{JobId, ServerId},
    job::{Job, JobStatus},
};
use panels::Virtualmin;
use provisioning_worker::Site;
use sqlx::{PgPool, types::Uuid};

/// These tests provision nothing, so no website is asked.
const NO_SITES: Site = Site { http_port: 80, https_port: 443 };
const WORKER: &str = "praho-provisioning-worker";

/// The company of one test, and the services around it.
pub(crate) struct World {
    company: Company,
    /// Direct access to the database, to read and to disturb it.
    pub(crate) pool: PgPool,
    pub(crate) reconciler: Reconciler,
    pub(crate) gateway_url: String,
    engine: Engine,
    shutdown: Shutdown,
}

impl Deref for World {
    type Target = Company;

    fn deref(&self) -> &Company {
        &self.company
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let company = Company::new(12).await;
        let pool = PgPool::connect_lazy(&company.database.url).unwrap();
        let shutdown = Shutdown::new();
        let settings = [
            ("PRAHO__VIRTUALMIN__SETTLE_SECONDS", "0"),
            // Otherwise an open circuit breaker would fail later checks that have another reason.
            ("PRAHO__VIRTUALMIN__BREAKER_FAILURES", "1000"),
        ];
        let gateway_url = fixtures::listen(&company.database, &settings, |variables| {
            let config = load_from(None, variables).unwrap();
            virtualmin_gateway::run(config, shutdown.clone())
        })
        .await;
        let gateway = Virtualmin::connect(&gateway_url.parse().unwrap()).unwrap();
        let registry = provisioning_worker::workflows(
            company.store_of(WORKER).await,
            company.keyring.clone(),
            gateway.clone(),
            fixtures::egress(),
            NO_SITES,
        )
        .unwrap();
        let engine = company.engine(WORKER, registry).await;
        // With this lease a host that hangs has two seconds for the check and four for the listing.
        let sweep = SweepSettings { lease_seconds: 8, ..SweepSettings::default() };
        let store = company.store_of("praho-drift-reconciler").await;
        let reconciler = Reconciler::new(store, gateway, sweep, HealthSettings::default());
        Self { company, pool, reconciler, gateway_url, engine, shutdown }
    }

    /// Sweeps a server now, whenever it is due.
    pub(crate) async fn sweep(&self, server: ServerId) -> SweepOutcome {
        let due = "UPDATE server_sweeps SET due_at = now() + interval '1 hour'";
        sqlx::query(due).execute(&self.pool).await.unwrap();
        let tx = self.store.begin().await.unwrap();
        tx.make_sweep_due(server).await.unwrap();
        tx.commit().await.unwrap();
        self.reconciler.sweep_next().await.unwrap().expect("the server is due")
    }

    /// Drives every pending job to its end and returns the jobs.
    pub(crate) async fn work(&self) -> Vec<Job> {
        let pending = "SELECT id FROM jobs WHERE status = 'pending' ORDER BY seq";
        let ids: Vec<Uuid> = sqlx::query_scalar(pending).fetch_all(&self.pool).await.unwrap();
        let mut jobs = Vec::new();
        for id in ids.into_iter().map(JobId::from) {
            drive(&self.engine, id, &[]).await;
            jobs.push(self.job(id).await);
        }
        jobs
    }

    /// As [`World::work`], but every job must succeed. Returns their number.
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
