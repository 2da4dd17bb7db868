//! Servers that are simulated hosts, and accounts whose virtual servers stand on them.

use std::collections::BTreeSet;

use model::{
    account::{Account, AccountStatus, HealAccount},
    domain::DomainName,
    ids::{AccountId, ServerId, ServiceId},
    job::{NewJob, Origin},
    server::{Server, ServerStatus, Trust, mutation_slot},
    service::{Service, ServiceStatus},
};
use simulators::virtualmin::{Options, Simulator};
use store::servers::SealedCredentials;

use crate::world::World;

/// A host that is one of our servers.
pub(crate) struct Host {
    pub(crate) panel: Simulator,
    pub(crate) server: ServerId,
}

/// An account.
pub(crate) struct Site {
    pub(crate) account: AccountId,
    pub(crate) domain: DomainName,
}

impl World {
    /// A host without an account.
    pub(crate) async fn host(&self) -> Host {
        let panel = Simulator::start(Options::default()).await.unwrap();
        let (pin, password) = (panel.certificate_sha256(), panel.password().to_owned());
        let server = self.server(&panel.url(), &pin, &password).await;
        Host { panel, server }
    }

    /// A server at which nobody listens.
    pub(crate) async fn dead_server(&self) -> ServerId {
        let url = format!("https://127.0.0.1:{}", testkit::free_port());
        self.server(&url, &"ab".repeat(32), "none").await
    }

    async fn server(&self, url: &str, pin: &str, password: &str) -> ServerId {
        let id = ServerId::generate();
        let server = Server {
            id,
            tenant_id: self.tenant,
            name: testkit::unique("vm"),
            url: url.to_owned(),
            trust: Trust::Sha256Pin(pin.to_owned()),
            addresses: vec!["192.0.2.7".parse().unwrap()],
            capacity: 1000,
            accounts: 0,
            tags: BTreeSet::new(),
            status: ServerStatus::Active,
            reads_per_second: 1000,
            mutation_slots: 1,
            version: None,
            status_reason: None,
        };
        let seal =
            |what, text: &str| self.keyring.seal(&format!("server/{id}/{what}"), text.as_bytes());
        let credentials = SealedCredentials {
            username: seal("username", "praho"),
            password: seal("password", password),
        };
        let tx = self.store.begin().await.unwrap();
        tx.insert_server(&server, &credentials).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// An account whose virtual server stands as it should.
    pub(crate) async fn site(&self, host: &Host) -> Site {
        self.sites(host, 1).await.remove(0)
    }

    /// So many of them.
    pub(crate) async fn sites(&self, host: &Host, count: usize) -> Vec<Site> {
        let mut sites = Vec::new();
        for _ in 0..count {
            let site = self.account(host).await;
            let order = HealAccount { account_id: site.account, terms: false };
            let origin = Origin {
                actor: "test".to_owned(),
                correlation_id: "reconciler-test".to_owned(),
                traceparent: None,
            };
            let job = NewJob::of(self.tenant, &order, origin).holding(mutation_slot(host.server));
            let tx = self.store.begin().await.unwrap();
            tx.file_job(&job).await.unwrap();
            tx.commit().await.unwrap();
            sites.push(site);
        }
        assert_eq!(self.work_well().await, count);
        sites
    }

    /// The row of an account that is active.
    async fn account(&self, host: &Host) -> Site {
        let name = testkit::unique("site");
        let domain: DomainName = format!("{name}.test").parse().unwrap();
        let (id, service_id) = (AccountId::generate(), ServiceId::generate());
        let service = Service {
            id: service_id,
            tenant_id: self.tenant,
            plan_id: self.plan.id,
            domain: domain.clone(),
            external_id: None,
            status: ServiceStatus::Active,
        };
        let account = Account {
            id,
            tenant_id: self.tenant,
            service_id,
            plan_id: self.plan.id,
            server_id: host.server,
            domain: domain.clone(),
            username: None,
            terms: self.plan.terms.clone(),
            status: AccountStatus::Pending,
            protected: true,
            placement: serde_json::json!({}),
            updated_at: id.created_at(),
        };
        let tx = self.store.begin().await.unwrap();
        tx.insert_service(&service).await.unwrap();
        tx.insert_account(&account).await.unwrap();
        let username = name.replace('-', "").parse().unwrap();
        let password = self.keyring.seal(&format!("account/{id}/password"), b"pa55-Word");
        tx.set_identity(id, &username, &password).await.unwrap();
        let (pending, active) = (AccountStatus::Pending, AccountStatus::Active);
        assert!(tx.set_account_status(id, pending, active).await.unwrap());
        tx.commit().await.unwrap();
        Site { account: id, domain }
    }
}

impl Host {
    /// Whether a site's virtual server is there, ours and switched on.
    pub(crate) fn serves(&self, site: &Site) -> bool {
        self.panel.domain(site.domain.as_str()).is_some_and(|it| {
            it.description == Account::marker(site.account)
                && it.limits.quota_blocks == 1024 * 1024
                && it.disabled.is_none()
        })
    }
}
