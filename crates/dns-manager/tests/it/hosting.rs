//! The rows that a zone hangs on: an account, its service, its plan and its server.

use std::collections::BTreeSet;

use model::{
    account::{Account, AccountStatus},
    domain::DomainName,
    ids::{AccountId, PlanId, ServerId, ServiceId, TenantId},
    plan::{Plan, PlanTerms},
    quota::Limit,
    server::{Server, ServerKind, ServerStatus, Trust},
    service::{Service, ServiceStatus},
};
use store::{Store, servers::SealedCredentials};

/// Where accounts of tests stand.
pub(crate) struct Hosting {
    tenant_id: TenantId,
    plan: Plan,
    server_id: ServerId,
}

impl Hosting {
    pub(crate) async fn new(store: &Store, tenant_id: TenantId) -> Self {
        let terms = PlanTerms {
            disk_mib: Limit::Unlimited,
            bandwidth_mib: Limit::Unlimited,
            mailboxes: Limit::Unlimited,
            databases: Limit::Unlimited,
            features: BTreeSet::new(),
            server_tags: BTreeSet::new(),
        };
        let plan = Plan { id: PlanId::generate(), tenant_id, name: "plan".to_owned(), terms };
        let server = Server {
            id: ServerId::generate(),
            tenant_id,
            name: "vm1".to_owned(),
            kind: ServerKind::Virtualmin,
            url: Some("https://127.0.0.1:10000".to_owned()),
            trust: Trust::SystemAuthorities,
            addresses: vec!["192.0.2.7".parse().unwrap()],
            capacity: 1000,
            accounts: 0,
            tags: BTreeSet::new(),
            status: ServerStatus::Active,
            reads_per_second: 2,
            mutation_slots: 1,
            version: None,
            programs: BTreeSet::new(),
            keeps_quotas: None,
            status_reason: None,
        };
        let sealed = SealedCredentials { username: vec![0], password: vec![0] };
        let tx = store.begin().await.unwrap();
        tx.insert_plan(&plan).await.unwrap();
        tx.insert_server(&server, &sealed).await.unwrap();
        tx.commit().await.unwrap();
        Self { tenant_id, plan, server_id: server.id }
    }

    /// An account with this domain.
    pub(crate) async fn account(&self, store: &Store, domain: &DomainName) -> AccountId {
        let service = Service {
            id: ServiceId::generate(),
            tenant_id: self.tenant_id,
            plan_id: self.plan.id,
            domain: domain.clone(),
            external_id: None,
            status: ServiceStatus::Active,
        };
        let id = AccountId::generate();
        let account = Account {
            id,
            tenant_id: self.tenant_id,
            service_id: service.id,
            plan_id: self.plan.id,
            server_id: self.server_id,
            domain: domain.clone(),
            username: None,
            terms: self.plan.terms.clone(),
            status: AccountStatus::Pending,
            protected: false,
            placement: serde_json::json!({}),
            updated_at: id.created_at(),
        };
        let tx = store.begin().await.unwrap();
        tx.insert_service(&service).await.unwrap();
        tx.insert_account(&account).await.unwrap();
        tx.commit().await.unwrap();
        id
    }
}
