//! The rows that accounts hang on: a plan, a server that is a simulated host, services, accounts.

use std::collections::BTreeSet;

use chassis::seal::Keyring;
use model::{
    account::{Account, AccountStatus, ProvisionAccount},
    domain::DomainName,
    ids::{AccountId, PlanId, ServerId, ServiceId, TenantId},
    plan::{Feature, Plan, PlanTerms},
    quota::Limit,
    server::{Server, ServerStatus, Trust},
    service::{Service, ServiceStatus},
};
use simulators::virtualmin::Simulator;
use store::{Store, servers::SealedCredentials};

use crate::world::World;

/// Where accounts of tests stand.
pub(crate) struct Hosting {
    pub(crate) server: ServerId,
    plan: Plan,
}

/// An account with its service.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) account: AccountId,
    pub(crate) service: ServiceId,
    pub(crate) domain: DomainName,
}

impl Hosting {
    pub(crate) async fn new(
        store: &Store,
        keyring: &Keyring,
        tenant_id: TenantId,
        host: &Simulator,
    ) -> Self {
        let terms = PlanTerms {
            disk_mib: Limit::AtMost(1024),
            bandwidth_mib: Limit::Unlimited,
            mailboxes: Limit::AtMost(5),
            databases: Limit::Unlimited,
            features: [Feature::Web, Feature::Mail].into(),
            server_tags: BTreeSet::new(),
        };
        let plan = Plan { id: PlanId::generate(), tenant_id, name: "starter".to_owned(), terms };
        let tx = store.begin().await.unwrap();
        tx.insert_plan(&plan).await.unwrap();
        tx.commit().await.unwrap();
        let registration = Registration { status: ServerStatus::Active, ..Registration::of(host) };
        let server = registration.insert(store, keyring, tenant_id).await;
        Self { server, plan }
    }
}

/// How a host is known to us.
pub(crate) struct Registration {
    pub(crate) url: String,
    pub(crate) pin: String,
    pub(crate) password: String,
    pub(crate) status: ServerStatus,
}

impl Registration {
    /// All as it should be, but not verified yet.
    pub(crate) fn of(host: &Simulator) -> Self {
        Self {
            url: host.url(),
            pin: host.certificate_sha256(),
            password: host.password().to_owned(),
            status: ServerStatus::Unverified,
        }
    }

    pub(crate) async fn insert(
        self,
        store: &Store,
        keyring: &Keyring,
        tenant_id: TenantId,
    ) -> ServerId {
        let id = ServerId::generate();
        let server = Server {
            id,
            tenant_id,
            name: testkit::unique("vm"),
            url: self.url,
            trust: Trust::Sha256Pin(self.pin),
            addresses: vec!["192.0.2.7".parse().unwrap()],
            capacity: 1000,
            accounts: 0,
            tags: BTreeSet::new(),
            status: self.status,
            reads_per_second: 1000,
            mutation_slots: 1,
            version: None,
            status_reason: None,
        };
        let seal = |what, text: &str| keyring.seal(&format!("server/{id}/{what}"), text.as_bytes());
        let credentials = SealedCredentials {
            username: seal("username", "praho"),
            password: seal("password", &self.password),
        };
        let tx = store.begin().await.unwrap();
        tx.insert_server(&server, &credentials).await.unwrap();
        tx.commit().await.unwrap();
        id
    }
}

impl World {
    /// An account that has its place and nothing else, as the API makes it, with a domain of its own.
    pub(crate) async fn site(&self) -> Site {
        self.site_of(&format!("{}.test", testkit::unique("site"))).await
    }

    pub(crate) async fn site_of(&self, domain: &str) -> Site {
        let domain: DomainName = domain.parse().unwrap();
        let service = self.service(&domain).await;
        let account = self.place(service, &domain).await.unwrap();
        Site { account, service, domain }
    }

    /// A service that is to run.
    pub(crate) async fn service(&self, domain: &DomainName) -> ServiceId {
        let service = Service {
            id: ServiceId::generate(),
            tenant_id: self.tenant,
            plan_id: self.hosting.plan.id,
            domain: domain.clone(),
            external_id: None,
            status: ServiceStatus::Active,
        };
        let tx = self.store.begin().await.unwrap();
        tx.insert_service(&service).await.unwrap();
        tx.commit().await.unwrap();
        service.id
    }

    /// Gives a service an account on the host.
    pub(crate) async fn place(
        &self,
        service_id: ServiceId,
        domain: &DomainName,
    ) -> store::Result<AccountId> {
        let id = AccountId::generate();
        let account = Account {
            id,
            tenant_id: self.tenant,
            service_id,
            plan_id: self.hosting.plan.id,
            server_id: self.hosting.server,
            domain: domain.clone(),
            username: None,
            terms: self.hosting.plan.terms.clone(),
            status: AccountStatus::Pending,
            protected: true,
            placement: serde_json::json!({}),
            updated_at: id.created_at(),
        };
        let tx = self.store.begin().await?;
        tx.insert_account(&account).await?;
        tx.commit().await?;
        Ok(id)
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
}
