//! A company, a PowerDNS, a gateway with a simulated host, and an engine with every workflow.

use std::{net::Ipv4Addr, ops::Deref};

use chassis::{Shutdown, config::load_from};
use dns_manager::VerifySettings;
use engine::{Engine, walk::drive};
use fixtures::{Company, Site};
use model::{
    account::ProvisionAccount,
    ids::{JobId, ServerId},
    job::{Job, JobKind, JobStatus, Order},
    service::ServiceStatus,
};
use panels::Virtualmin;
use provisioning_worker::Site as Ports;
use simulators::virtualmin::{Options, Simulator, SiteAddresses};
use testkit::{Scratch, free_port, powerdns::PowerDns};

/// The name servers are local, so an answer is soon up to date.
const VERIFY: VerifySettings = VerifySettings { interval_ms: 25 };
const WORKER: &str = "praho-provisioning-worker";

/// The services around one test.
pub(crate) struct World {
    company: Company,
    pub(crate) engine: Engine,
    /// The host of the accounts.
    pub(crate) host: Simulator,
    /// The id of that host as a server of the company.
    pub(crate) server: ServerId,
    pub(crate) powerdns: PowerDns,
    pub(crate) gateway_url: String,
    /// Where the worker asks for websites, on every host.
    pub(crate) ports: Ports,
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
        let ports = Ports { http_port: free_port(), https_port: free_port() };
        let host = Simulator::start(hosting(ports, 1)).await.unwrap();
        let company = Company::new(10).await;
        company.register_dns_server(&powerdns, vec![powerdns.dns_addr()]).await;
        let server = company.register(&host).await;

        let shutdown = Shutdown::new();
        // No pause after an unknown outcome: the simulated host never works on in the background.
        let settings = [("PRAHO__VIRTUALMIN__SETTLE_SECONDS", "0")];
        let gateway_url = fixtures::listen(&company.database, &settings, |variables| {
            let config = load_from(None, variables).unwrap();
            virtualmin_gateway::run(config, shutdown.clone())
        })
        .await;
        let gateway = Virtualmin::connect(&gateway_url.parse().unwrap()).unwrap();
        let keyring = company.keyring.clone();
        let registry = provisioning_worker::workflows(
            company.store_of(WORKER).await,
            keyring.clone(),
            gateway,
            fixtures::egress(),
            ports,
        )
        .unwrap()
        .and(
            dns_manager::workflows(
                company.store_of("praho-dns-manager").await,
                keyring,
                fixtures::egress(),
                VERIFY,
            )
            .unwrap(),
        );
        let engine = company.engine(WORKER, registry).await;
        Self {
            company,
            engine,
            host,
            server,
            powerdns,
            gateway_url,
            ports,
            shutdown,
            _scratch: scratch,
        }
    }

    /// Another host that serves websites; each has a number of its own above 1, and so an address.
    pub(crate) fn another_host(&self, number: u8) -> Options {
        hosting(self.ports, number)
    }

    /// An account with a place on the host and nothing else, as the API creates it, with a domain of its own.
    pub(crate) async fn site(&self) -> Site {
        self.company.site(self.server).await
    }

    /// As [`World::site`], on another host.
    pub(crate) async fn site_on(&self, server: ServerId) -> Site {
        self.company.site(server).await
    }

    /// As [`World::site`], with this domain.
    pub(crate) async fn site_of(&self, domain: &str) -> Site {
        self.company.site_of(self.server, domain).await
    }

    /// A provisioned account.
    pub(crate) async fn standing_site(&self) -> Site {
        let site = self.site().await;
        self.completed(&ProvisionAccount { account_id: site.account }).await;
        site
    }

    /// Takes the protection off a site's account, so that it can be terminated.
    pub(crate) async fn unprotect(&self, site: &Site) {
        let tx = self.store.begin().await.unwrap();
        assert!(tx.set_protection(site.account, false).await.unwrap());
        tx.commit().await.unwrap();
    }

    /// Files a job that holds the host's mutation slot, and records what billing wants, as the API does.
    pub(crate) async fn file<O: Order>(&self, order: &O) -> JobId {
        let wanted = match O::KIND {
            JobKind::AccountSuspend => Some(ServiceStatus::Suspended),
            JobKind::AccountUnsuspend => Some(ServiceStatus::Active),
            JobKind::AccountTerminate => Some(ServiceStatus::Terminated),
            _ => None,
        };
        if let Some(wanted) = wanted {
            self.want(&order.target(), wanted).await;
        }
        self.file_job(&self.job_of(order).holding(self.server.mutation_slot())).await
    }

    /// Records the wanted state of the service behind an account, which is the target of jobs.
    pub(crate) async fn want(&self, account: &str, wanted: ServiceStatus) {
        let changed = sqlx::query(
            "UPDATE services SET status = $2 FROM accounts
             WHERE services.id = service_id AND 'account/' || accounts.id = $1",
        );
        let changed = changed.bind(account).bind(wanted.as_str());
        assert_eq!(changed.execute(&self.rows().await).await.unwrap().rows_affected(), 1);
    }

    /// Drives a job to its end without injections, and returns it.
    pub(crate) async fn driven(&self, id: JobId) -> Job {
        drive(&self.engine, id, &[]).await;
        self.job(id).await
    }

    /// Makes a held job one that has been held for longer than any patience.
    pub(crate) async fn outlasts(&self, id: JobId) {
        let aged = sqlx::query(
            "UPDATE open_jobs SET held_since = held_since - interval '1 year' WHERE id = $1",
        )
        .bind(id.uuid());
        assert_eq!(aged.execute(&self.rows().await).await.unwrap().rows_affected(), 1);
    }

    /// As [`World::driven`], for an order that must succeed.
    pub(crate) async fn completed(&self, order: &impl Order) {
        let job = self.driven(self.file(order).await).await;
        assert_eq!(job.status, JobStatus::Completed, "{:?}", job.fault);
    }

    /// As [`World::driven`], for an order that must fail; returns its fault.
    pub(crate) async fn failed(&self, order: &impl Order) -> model::fault::Fault {
        let job = self.driven(self.file(order).await).await;
        assert_eq!(job.status, JobStatus::Failed, "{:?}", job.fault);
        job.fault.unwrap()
    }

    /// Retries an ended job, as a person can.
    pub(crate) async fn again(&self, id: JobId) -> Job {
        let tx = self.store.begin().await.unwrap();
        tx.restart(&self.job(id).await).await.unwrap();
        tx.commit().await.unwrap();
        self.driven(id).await
    }
}

/// The options of a host that serves websites where the worker asks for them, at an address of its own.
fn hosting(ports: Ports, number: u8) -> Options {
    let address = Ipv4Addr::new(127, 0, 0, number).into();
    let sites = Some(SiteAddresses::new(address, ports.http_port, ports.https_port));
    Options { sites, ..Options::default() }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}
