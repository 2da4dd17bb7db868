//! Each test's own database with a small hosting company.

use std::{ops::Deref, time::Duration};

use fixtures::{Company, rows};
use model::{
    account::{Account, ProvisionAccount},
    ids::{AccountId, JobId, PlanId, ServerId, ServiceId, TenantId},
    job::NewJob,
    server::Server,
    service::Service,
};
use sqlx::{AssertSqlSafe, PgPool};
use store::{
    Error,
    claims::{Claim, Hold},
    servers::SealedCredentials,
};
use time::OffsetDateTime;

/// The lease of tests; longer than any test runs.
pub(crate) const LEASE: Duration = Duration::from_secs(600);

/// A hosting company with one plan, and direct access to its database.
pub(crate) struct World {
    company: Company,
    /// Connections that bypass the store.
    pub(crate) pool: PgPool,
    /// The id of the company's plan.
    pub(crate) plan: PlanId,
}

impl Deref for World {
    type Target = Company;

    fn deref(&self) -> &Company {
        &self.company
    }
}

pub(crate) use fixtures::origin;

pub(crate) fn credentials() -> SealedCredentials {
    SealedCredentials { username: vec![201, 202], password: vec![203, 204] }
}

/// Whether `bytes` appear in a value's debug output, compact or pretty.
pub(crate) fn prints(value: &impl std::fmt::Debug, bytes: &[u8]) -> bool {
    let dense = |text: String| text.split_whitespace().collect::<String>();
    let bytes = dense(format!("{bytes:?}"));
    dense(format!("{value:?}")).contains(&bytes)
        || dense(format!("{value:#?}")).contains(&bytes[..bytes.len() - 1])
}

impl World {
    pub(crate) async fn new() -> Self {
        let company = Company::new(24).await;
        let pool = PgPool::connect_lazy(&company.database.url).unwrap();
        Self { pool, plan: company.plan.id, company }
    }

    pub(crate) async fn another_tenant(&self) -> TenantId {
        self.tenant_named("another").await
    }

    pub(crate) async fn tenant_named(&self, name: &str) -> TenantId {
        let tx = self.store.begin().await.unwrap();
        let tenant = tx.ensure_tenant(name).await.unwrap();
        tx.commit().await.unwrap();
        tenant
    }

    /// A server that is not stored yet.
    pub(crate) fn new_server(&self, name: &str, capacity: u32) -> Server {
        Server {
            name: name.to_owned(),
            url: Some(format!("https://{name}.example.net:10000")),
            addresses: vec!["192.0.2.7".parse().unwrap(), "2001:db8::7".parse().unwrap()],
            capacity,
            tags: ["ssd".to_owned(), "eu".to_owned()].into(),
            reads_per_second: Some(2),
            ..rows::server(self.tenant)
        }
    }

    pub(crate) async fn server(&self, name: &str, capacity: u32) -> ServerId {
        let server = self.new_server(name, capacity);
        let tx = self.store.begin().await.unwrap();
        tx.insert_server(&server, &credentials()).await.unwrap();
        tx.commit().await.unwrap();
        server.id
    }

    /// A service that is not stored yet.
    pub(crate) fn new_service(&self, domain: &str) -> Service {
        rows::service(&self.company.plan, domain)
    }

    pub(crate) async fn service(&self, domain: &str) -> ServiceId {
        let service = self.new_service(domain);
        let tx = self.store.begin().await.unwrap();
        tx.insert_service(&service).await.unwrap();
        tx.commit().await.unwrap();
        service.id
    }

    /// An account that is not stored yet.
    pub(crate) fn new_account(
        &self,
        service: ServiceId,
        server: ServerId,
        domain: &str,
    ) -> Account {
        let service = Service { id: service, ..self.new_service(domain) };
        Account {
            updated_at: OffsetDateTime::UNIX_EPOCH,
            ..rows::account(&self.company.plan, &service, server)
        }
    }

    pub(crate) async fn insert(&self, account: &Account) -> Result<(), Error> {
        let tx = self.store.begin().await?;
        tx.insert_account(account).await?;
        tx.commit().await
    }

    /// Stores a service and its account; returns the account's id.
    pub(crate) async fn account(&self, server: ServerId, domain: &str) -> AccountId {
        let account = self.new_account(self.service(domain).await, server, domain);
        self.insert(&account).await.unwrap();
        account.id
    }

    /// A job on a random account, not stored yet.
    pub(crate) fn new_job(&self) -> NewJob {
        let order = ProvisionAccount { account_id: AccountId::generate() };
        NewJob::of(self.tenant, &order, origin())
    }

    pub(crate) async fn file(&self, job: NewJob) -> JobId {
        self.store.file_job(&job).await.unwrap();
        job.id
    }

    /// Claims a job, which must be ready.
    pub(crate) async fn claim(&self, job: JobId) -> Hold {
        match self.store.claim(job, "test", LEASE).await.unwrap() {
            Claim::Taken(job) => Hold { job: job.id, epoch: job.epoch },
            other => panic!("not claimed: {other:?}"),
        }
    }

    /// Runs SQL directly, and returns the number of affected rows.
    pub(crate) async fn meddle(&self, statement: &str) -> Result<u64, sqlx::Error> {
        let done = sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&self.pool).await;
        done.map(|it| it.rows_affected())
    }

    /// Runs SQL that the database must refuse; returns the SQLSTATE and the constraint.
    pub(crate) async fn refusal(&self, statement: &str) -> (String, String) {
        let error = self.meddle(statement).await.unwrap_err();
        let error = error.as_database_error().expect("a refusal of the server");
        (
            error.code().unwrap_or_default().into_owned(),
            error.constraint().unwrap_or_default().to_owned(),
        )
    }
}

/// SQLSTATE `unique_violation` and the constraint.
pub(crate) fn taken(constraint: &str) -> (String, String) {
    ("23505".to_owned(), constraint.to_owned())
}

/// SQLSTATE `check_violation` and the constraint.
pub(crate) fn checked(constraint: &str) -> (String, String) {
    ("23514".to_owned(), constraint.to_owned())
}

/// SQLSTATE `restrict_violation` and the constraint.
pub(crate) fn restricted(constraint: &str) -> (String, String) {
    ("23001".to_owned(), constraint.to_owned())
}
