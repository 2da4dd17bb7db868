//! Rows that let the job of a test make a change, or that make it one which may not.

use model::{
    account::AccountStatus, fence::Change, ids::JobId, job::JobKind, service::ServiceStatus,
};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::setup::{SHOP, STRANGER, World};

/// What the rows say of the job and of its account.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub(crate) kind: JobKind,
    pub(crate) target: String,
    pub(crate) payload: Value,
    pub(crate) status: AccountStatus,
    pub(crate) wanted: ServiceStatus,
    pub(crate) protected: bool,
}

/// A kind of job that makes this change.
fn maker(change: Change) -> JobKind {
    match change {
        Change::Create | Change::CheckConfig => JobKind::AccountProvision,
        Change::Modify
        | Change::Parts
        | Change::Rename
        | Change::Features
        | Change::Website
        | Change::LoginLink
        | Change::Mail
        | Change::Databases
        | Change::Dns
        | Change::Certificates
        | Change::Backups => JobKind::AccountHeal,
        Change::Call | Change::Plans | Change::Restart => JobKind::ServerCall,
        Change::SetPassword => JobKind::AccountResetPassword,
        Change::Disable => JobKind::AccountSuspend,
        Change::Enable => JobKind::AccountUnsuspend,
        Change::Delete => JobKind::AccountTerminate,
        Change::DisableUnclaimed | Change::EnableUnclaimed => JobKind::DomainQuarantine,
    }
}

impl World {
    /// Rows with nothing against this change of the shop, or of the stranger, but the kind of the job.
    pub(crate) fn rows(&self, kind: JobKind, change: Change) -> Rows {
        let (target, payload) = match change {
            Change::DisableUnclaimed | Change::EnableUnclaimed => {
                (self.server.target(), json!({ "server_id": self.server, "domain": STRANGER }))
            }
            Change::Call | Change::Plans | Change::Restart => {
                (self.server.target(), json!({ "server_id": self.server }))
            }
            _ => (self.account.target(), json!({ "account_id": self.account })),
        };
        let new = kind == JobKind::AccountProvision;
        let (status, wanted) = match change {
            _ if new => (AccountStatus::Pending, ServiceStatus::Active),
            Change::Disable => (AccountStatus::Active, ServiceStatus::Suspended),
            Change::Enable => (AccountStatus::Suspended, ServiceStatus::Active),
            Change::Delete => (AccountStatus::Active, ServiceStatus::Terminated),
            _ => (AccountStatus::Active, ServiceStatus::Active),
        };
        Rows { kind, target, payload, status, wanted, protected: new || change != Change::Delete }
    }

    /// Makes the job one that makes this change, and lets it.
    pub(crate) async fn may(&self, change: Change) {
        self.store(&self.rows(maker(change), change)).await;
    }

    pub(crate) async fn store(&self, rows: &Rows) {
        let pool = self.pool().await;
        let job: JobId = self.fence.job_id.parse().unwrap();
        let job =
            sqlx::query("UPDATE open_jobs SET kind = $2, target = $3, payload = $4 WHERE id = $1")
                .bind(job.uuid())
                .bind(rows.kind.as_str())
                .bind(&rows.target)
                .bind(&rows.payload);
        job.execute(&pool).await.unwrap();
        let account = sqlx::query("UPDATE accounts SET status = $2, protected = $3 WHERE id = $1")
            .bind(self.account.uuid())
            .bind(rows.status.as_str())
            .bind(rows.protected);
        account.execute(&pool).await.unwrap();
        let service = sqlx::query("UPDATE services SET status = $2 WHERE domain = $1")
            .bind(SHOP)
            .bind(rows.wanted.as_str());
        service.execute(&pool).await.unwrap();
    }

    /// Connections that use none of the product's code.
    pub(crate) async fn pool(&self) -> PgPool {
        PgPool::connect(&self.company.database.url).await.unwrap()
    }
}
