//! Findings of drift: listed, locked and accepted.

use std::collections::BTreeMap;

use model::{
    drift::{Acceptance, Field, Finding, FindingStatus},
    ids::{FindingId, ServerId, TenantId},
};
use sea_orm::{Condition, ExprTrait, FromQueryResult, Statement, sea_query::Expr};
use time::OffsetDateTime;
use uuid::Uuid;

use super::differences::DifferenceRow;
use crate::{
    Error, Result, Store, Tx,
    columns::{count, word},
    page::{Page, joined, newest},
    statement::{all, one, sql, values},
};

/// Selects findings.
#[derive(Clone, Copy, Debug, Default)]
pub struct FindingFilter {
    /// Only findings of this server.
    pub server: Option<ServerId>,
    /// Only findings with this status.
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
        let conditions = Condition::all()
            .add(Expr::col("tenant_id").eq(tenant.uuid()))
            .add_option(filter.server.map(|server| Expr::col("server_id").eq(server.uuid())))
            .add_option(filter.status.map(|status| Expr::col("status").eq(status.as_str())));
        all::<FindingRow, _>(&self.db, named(newest("drift_findings", conditions, page))).await
    }

    /// A finding of a tenant.
    pub async fn finding(&self, tenant: TenantId, id: FindingId) -> Result<Option<Finding>> {
        let statement = sql(
            "SELECT * FROM drift_findings WHERE tenant_id = $1 AND id = $2",
            [tenant.uuid().into(), id.uuid().into()],
        );
        one::<FindingRow, _>(&self.db, named(statement)).await
    }

    /// The number of open, not accepted findings for each field; fields without any have zero.
    pub async fn open_findings(&self) -> Result<BTreeMap<Field, u64>> {
        let statement = sql(
            "SELECT field, count(*) FROM drift_findings
             WHERE closed_at IS NULL AND accepted_at IS NULL GROUP BY field",
            [],
        );
        let mut open: BTreeMap<Field, u64> =
            Field::ALL.into_iter().map(|field| (field, 0)).collect();
        for (field, findings) in values::<(String, i64)>(&self.db, statement).await? {
            open.insert(word("field", field)?, u64::try_from(findings).unwrap_or_default());
        }
        Ok(open)
    }
}

impl Tx {
    /// A finding of a tenant, locked. Lock it before its account, as sweeps do.
    pub async fn lock_finding(&self, tenant: TenantId, id: FindingId) -> Result<Option<Finding>> {
        let statement = sql(
            "SELECT finding.*, server.name AS server_name
             FROM drift_findings finding JOIN servers server ON server.id = finding.server_id
             WHERE finding.tenant_id = $1 AND finding.id = $2 FOR UPDATE OF finding",
            [tenant.uuid().into(), id.uuid().into()],
        );
        one::<FindingRow, _>(&self.db, statement).await
    }

    /// Records that `actor` accepts an open finding in its present form.
    pub async fn accept_finding(&self, id: FindingId, actor: &str) -> Result<Finding> {
        let statement = sql(
            "UPDATE drift_findings finding SET accepted_by = $2, accepted_at = now() FROM servers server
             WHERE finding.id = $1 AND closed_at IS NULL AND server.id = finding.server_id
             RETURNING finding.*, server.name AS server_name",
            [id.uuid().into(), actor.into()],
        );
        let finding = one::<FindingRow, _>(&self.db, statement).await?;
        finding.ok_or_else(|| Error::Internal(format!("no open finding {id}")))
    }
}

/// Looks the server's name up for the findings that `page` selects.
fn named(page: Statement) -> Statement {
    joined(
        page,
        "it.*, server.name AS server_name",
        "JOIN servers server ON server.id = it.server_id",
    )
}

#[derive(FromQueryResult)]
struct FindingRow {
    id: Uuid,
    tenant_id: Uuid,
    server_id: Uuid,
    server_name: String,
    #[sea_orm(nested)]
    difference: DifferenceRow,
    severity: String,
    count: i32,
    first_seen_at: OffsetDateTime,
    last_seen_at: OffsetDateTime,
    closed_at: Option<OffsetDateTime>,
    job_id: Option<Uuid>,
    accepted_by: Option<String>,
    accepted_at: Option<OffsetDateTime>,
}

impl TryFrom<FindingRow> for Finding {
    type Error = Error;

    fn try_from(row: FindingRow) -> Result<Self> {
        let accepted = Option::zip(row.accepted_by, row.accepted_at);
        Ok(Self {
            id: row.id.into(),
            tenant_id: row.tenant_id.into(),
            server_id: row.server_id.into(),
            server_name: row.server_name,
            difference: row.difference.try_into()?,
            severity: word("severity", row.severity)?,
            count: count("count", row.count)?,
            first_seen_at: row.first_seen_at,
            last_seen_at: row.last_seen_at,
            closed_at: row.closed_at,
            job_id: row.job_id.map(Into::into),
            accepted: accepted.map(|(actor, at)| Acceptance { actor, at }),
        })
    }
}
