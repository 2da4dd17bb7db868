//! A company, a PowerDNS, a gateway with a simulated host behind it, and an engine that knows every workflow.

use std::ops::Deref;

use chassis::{Shutdown, config::load_from};
use dns_manager::VerifySettings;
use engine::{Engine, walk::drive};
use fixtures::{Company, Site};
use model::{
    account::ProvisionAccount,
    ids::{JobId, ServerId},
    job::{Job, JobStatus, Order},
};
use panels::Virtualmin;
use simulators::virtualmin::{Options, Simulator};
use testkit::{Scratch, powerdns::PowerDns};

/// Name servers are local, and soon true.
const VERIFY: VerifySettings = VerifySettings { interval_ms: 25 };

/// Everything around one test: the company, and what it works with.
pub(crate) struct World {
    company: Company,
    pub(crate) engine: Engine,
    /// The host that accounts are placed on.
    pub(crate) host: Simulator,
    /// The same as one of the company's servers.
    pub(crate) server: ServerId,
    pub(crate) powerdns: PowerDns,
    pub(crate) gateway_url: String,
    shutdown: Shutdown,
    _scratch: Scratch,
}

impl Deref for World {
    type Target = Company;

    fn deref(&self) -> &Company {
        &self.company
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let scratch = Scratch::new("provisioning");
        let powerdns = PowerDns::start(&scratch.path().join("powerdns")).await.unwrap();
        let host = Simulator::start(Options::default()).await.unwrap();
        let company = Company::new(10).await;
        company.register_dns_server(&powerdns, vec![powerdns.dns_addr()]).await;
        let server = company.register(&host).await;

        let shutdown = Shutdown::new();
        // A change may follow at once after an unknown outcome: the simulated host is never at work behind our back.
        let settings = [("PRAHO__PANEL__SETTLE_SECONDS", "0")];
        let gateway_url = fixtures::listen(&company.database.url, &settings, |variables| {
            let config = load_from(None, variables).unwrap();
            virtualmin_gateway::run(config, shutdown.clone())
        })
        .await;
        let gateway = Virtualmin::connect(&gateway_url.parse().unwrap()).unwrap();
        let (store, keyring) = (company.store.clone(), company.keyring.clone());
        let registry = provisioning_worker::workflows(store.clone(), keyring.clone(), gateway)
            .and(dns_manager::workflows(store, keyring, VERIFY).unwrap());
        let engine = company.engine(registry).await;
        Self { company, engine, host, server, powerdns, gateway_url, shutdown, _scratch: scratch }
    }

    /// An account that has its place on the host and nothing else, as the API makes it, with a domain of its own.
    pub(crate) async fn site(&self) -> Site {
        self.company.site(self.server).await
    }

    /// The same with this domain.
    pub(crate) async fn site_of(&self, domain: &str) -> Site {
        self.company.site_of(self.server, domain).await
    }

    /// An account that works.
    pub(crate) async fn standing_site(&self) -> Site {
        let site = self.site().await;
        self.completed(&ProvisionAccount { account_id: site.account }).await;
        site
    }

    /// Lets a site's account be terminated.
    pub(crate) async fn unprotect(&self, site: &Site) {
        let tx = self.store.begin().await.unwrap();
        assert!(tx.set_protection(site.account, false).await.unwrap());
        tx.commit().await.unwrap();
    }

    /// Files a job that holds the host's mutation slot, as the API does.
    pub(crate) async fn file(&self, order: &impl Order) -> JobId {
        self.file_job(&self.job_of(order).holding(self.server.mutation_slot())).await
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
