//! What the rows say about a job that asks for a change of a host, read in one statement.

use model::{
    fence::{Asked, Claimant, Subject},
    job::JobKind,
};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::{
    Error, Result, Store,
    columns::word,
    statement::{one, sql},
    work::claims::{HELD, Hold},
};

impl Store {
    /// The job behind a claim, for the fence around a host; `None` if the claim is no longer valid.
    pub async fn claimant(&self, hold: Hold, asked: &Asked) -> Result<Option<Claimant>> {
        let text = format!(
            "SELECT job.kind, job.lane, job.tenant_id, job.target, job.payload ->> 'domain' AS ordered_domain,
                coalesce(job.resource = $3 AND job.slot IS NOT NULL, false) AS holds_server,
                server.tenant_id AS server_tenant_id,
                account.id AS account_id, account.tenant_id AS account_tenant_id, account.server_id, account.domain,
                account.status, account.protected, service.status AS wanted,
                EXISTS (SELECT FROM accounts live
                    WHERE live.domain = $5 AND live.status IN ('pending', 'active', 'suspended')) AS is_claimed
             FROM (SELECT * FROM open_jobs WHERE {HELD}) job
             LEFT JOIN servers server ON server.id = $4 AND server.deleted_at IS NULL
             LEFT JOIN accounts account ON account.id =
                CASE split_part(job.target, '/', 1) WHEN 'account' THEN split_part(job.target, '/', 2)::uuid END
             LEFT JOIN services service ON service.id = account.service_id"
        );
        let statement = sql(
            &text,
            [
                hold.job.uuid().into(),
                hold.epoch.into(),
                asked.server.mutation_slot().into(),
                asked.server.uuid().into(),
                asked.object.domain().map(|it| it.as_str().to_owned()).into(),
            ],
        );
        one::<ClaimantRow, _>(&self.db, statement).await
    }
}

#[derive(FromQueryResult)]
struct ClaimantRow {
    kind: String,
    lane: String,
    tenant_id: Uuid,
    target: String,
    ordered_domain: Option<String>,
    holds_server: bool,
    server_tenant_id: Option<Uuid>,
    account_id: Option<Uuid>,
    account_tenant_id: Option<Uuid>,
    server_id: Option<Uuid>,
    domain: Option<String>,
    status: Option<String>,
    protected: Option<bool>,
    wanted: Option<String>,
    is_claimed: bool,
}

impl TryFrom<ClaimantRow> for Claimant {
    type Error = Error;

    fn try_from(row: ClaimantRow) -> Result<Self> {
        let account = row.account_id.map(|id| {
            let missing = || Error::Unreadable(format!("account {id} is not whole"));
            Ok::<_, Error>(Subject {
                id: id.into(),
                tenant_id: row.account_tenant_id.ok_or_else(missing)?.into(),
                server_id: row.server_id.ok_or_else(missing)?.into(),
                domain: row.domain.ok_or_else(missing)?,
                status: word("status", row.status.ok_or_else(missing)?)?,
                protected: row.protected.ok_or_else(missing)?,
                wanted: word("status", row.wanted.ok_or_else(missing)?)?,
            })
        });
        Ok(Self {
            kind: word::<JobKind>("kind", row.kind)?,
            lane: word("lane", row.lane)?,
            tenant_id: row.tenant_id.into(),
            target: row.target,
            holds_server: row.holds_server,
            server_tenant_id: row.server_tenant_id.map(Into::into),
            ordered_domain: row.ordered_domain,
            account: account.transpose()?,
            is_claimed: row.is_claimed,
        })
    }
}
