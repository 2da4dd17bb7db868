//! Findings of drift, as operators read and answer them.

use model::{
    drift::{Acceptance, Finding, FindingStatus},
    ids::{FindingId, ServerId, TenantId},
};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use crate::{
    Error, Result, Store, Tx,
    drift::read_difference,
    entity::{count, word},
    page::Page,
    sql,
};

/// Which findings are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct FindingFilter {
    /// Only those of this server.
    pub server: Option<ServerId>,
    /// Only those that stand so.
    pub status: Option<FindingStatus>,
}

impl Store {
    /// A tenant's findings, newest first.
    pub async fn findings(
        &self,
        tenant: TenantId,
        filter: FindingFilter,
        page: Page,
    ) -> Result<Vec<Finding>> {
        let statement = sql(
            "SELECT * FROM drift_findings
             WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2)
               AND ($3::uuid IS NULL OR server_id = $3)
               AND ($4::text IS NULL OR $4 = CASE WHEN closed_at IS NOT NULL THEN 'closed'
                    WHEN accepted_at IS NOT NULL THEN 'accepted' ELSE 'open' END)
             ORDER BY id DESC LIMIT $5",
            [
                tenant.uuid().into(),
                page.after.into(),
                filter.server.map(ServerId::uuid).into(),
                filter.status.map(|it| it.as_str().to_owned()).into(),
                i64::from(page.size).into(),
            ],
        );
        self.db.query_all_raw(statement).await?.iter().map(read_finding).collect()
    }

    /// A finding of a tenant.
    pub async fn finding(&self, tenant: TenantId, id: FindingId) -> Result<Option<Finding>> {
        let statement = sql(
            "SELECT * FROM drift_findings WHERE tenant_id = $1 AND id = $2",
            [tenant.uuid().into(), id.uuid().into()],
        );
        self.db.query_one_raw(statement).await?.as_ref().map(read_finding).transpose()
    }
}

impl Tx {
    /// A finding of a tenant, locked. Lock it before the account that it is about, as sweeps do.
    pub async fn lock_finding(&self, tenant: TenantId, id: FindingId) -> Result<Option<Finding>> {
        let statement = sql(
            "SELECT * FROM drift_findings WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
            [tenant.uuid().into(), id.uuid().into()],
        );
        self.db.query_one_raw(statement).await?.as_ref().map(read_finding).transpose()
    }

    /// Notes that `actor` accepts an open finding as it is now.
    pub async fn accept_finding(&self, id: FindingId, actor: &str) -> Result<Finding> {
        let statement = sql(
            "UPDATE drift_findings SET accepted_by = $2, accepted_at = now()
             WHERE id = $1 AND closed_at IS NULL RETURNING *",
            [id.uuid().into(), actor.into()],
        );
        let row = self.db.query_one_raw(statement).await?;
        read_finding(&row.ok_or_else(|| Error::Internal(format!("no open finding {id}")))?)
    }
}

fn read_finding(row: &QueryResult) -> Result<Finding> {
    let job: Option<Uuid> = row.try_get("", "job_id")?;
    let (actor, at) = (row.try_get("", "accepted_by")?, row.try_get("", "accepted_at")?);
    let accepted = Option::zip(actor, at).map(|(actor, at)| Acceptance { actor, at });
    Ok(Finding {
        id: row.try_get::<Uuid>("", "id")?.into(),
        tenant_id: row.try_get::<Uuid>("", "tenant_id")?.into(),
        server_id: row.try_get::<Uuid>("", "server_id")?.into(),
        difference: read_difference(row)?,
        severity: word("severity", row.try_get("", "severity")?)?,
        count: count("count", row.try_get("", "count")?)?,
        first_seen_at: row.try_get("", "first_seen_at")?,
        last_seen_at: row.try_get("", "last_seen_at")?,
        closed_at: row.try_get("", "closed_at")?,
        job_id: job.map(Into::into),
        accepted,
    })
}
