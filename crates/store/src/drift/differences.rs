//! What the rows want of a server, and the differences that a sweep records.

use model::{
    account::{Account, AccountStatus},
    domain::DomainName,
    drift::{Difference, Wanted},
    ids::{AccountId, FindingId, JobId, ServerId},
    job::JobStatus,
    server::Server,
};
use sea_orm::{FromQueryResult, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Error, Result, Store, Tx,
    columns::{count, word},
    hosting::account,
    statement::{all, execute, is_there, sql},
};

/// The longest stored value, in characters.
const MAX_VALUE: usize = 500;

/// A recorded difference, and what has been done about it.
#[derive(Clone, Debug)]
pub struct Noted {
    /// The finding.
    pub id: FindingId,
    /// What differs.
    pub difference: Difference,
    /// How many sweeps have found it, including the first.
    pub count: u32,
    /// Whether a person has accepted it as it is.
    pub accepted: bool,
    /// The status of the last job that was filed to heal it.
    pub job: Option<JobStatus>,
}

impl Noted {
    /// Whether this sweep opened the finding, so that it must be reported.
    pub fn is_new(&self) -> bool {
        self.count == 1
    }
}

impl Store {
    /// What the rows want of a server. An account whose row or jobs changed after `since` is included, but not
    /// settled. So is an account that ended since, because a listing may still show it.
    pub async fn wanted_on(&self, server: ServerId, since: OffsetDateTime) -> Result<Vec<Wanted>> {
        let statement = sql(
            "SELECT account.*, account.updated_at < $2
                AND NOT EXISTS (SELECT FROM open_jobs WHERE target = 'account/' || account.id)
                AND NOT EXISTS (SELECT FROM finished_jobs WHERE target = 'account/' || account.id
                    AND finished_at >= $2) AS settled
             FROM accounts account
             WHERE server_id = $1 AND (status IN ('pending', 'active', 'suspended') OR updated_at >= $2)",
            [server.uuid().into(), since.into()],
        );
        all::<WantedRow, _>(&self.db, statement).await
    }

    /// Whether a live account on any server has this domain.
    pub async fn is_claimed(&self, domain: &DomainName) -> Result<bool> {
        let statement = sql(
            "SELECT FROM accounts WHERE domain = $1 AND status IN ('pending', 'active', 'suspended')",
            [domain.as_str().into()],
        );
        is_there(&self.db, statement).await
    }
}

impl Tx {
    /// Records differences: opens a finding for each new one, and counts each known one. An accepted finding that
    /// has changed since is opened again.
    pub async fn note(&self, server: &Server, differences: &[Difference]) -> Result<Vec<Noted>> {
        let column = |read: fn(&Difference) -> String| -> Value {
            differences.iter().map(read).collect::<Vec<_>>().into()
        };
        let ids: Vec<Uuid> = differences.iter().map(|_| FindingId::generate().uuid()).collect();
        // sea-orm's arrays hold no null, so the nil UUID stands for it.
        let account =
            |difference: &Difference| difference.account_id.map_or(Uuid::nil(), AccountId::uuid);
        let accounts: Vec<Uuid> = differences.iter().map(account).collect();
        let statement = sql(
            "WITH noted AS (
                INSERT INTO drift_findings AS finding
                    (id, tenant_id, server_id, account_id, domain, field, severity, wanted, seen)
                SELECT id, $1, $2, nullif(account_id, $10), domain, field, severity, wanted, seen
                FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
                    AS new (id, account_id, domain, field, severity, wanted, seen)
                ON CONFLICT (server_id, account_id, domain, field) WHERE closed_at IS NULL
                DO UPDATE SET last_seen_at = now(), severity = excluded.severity,
                    wanted = excluded.wanted, seen = excluded.seen,
                    (count, job_id, accepted_by, accepted_at) = (
                        SELECT CASE WHEN lapsed THEN 1 ELSE finding.count + 1 END,
                            CASE WHEN NOT lapsed THEN finding.job_id END,
                            CASE WHEN NOT lapsed THEN finding.accepted_by END,
                            CASE WHEN NOT lapsed THEN finding.accepted_at END
                        FROM (SELECT finding.accepted_at IS NOT NULL
                            AND (finding.wanted, finding.seen) <> (excluded.wanted, excluded.seen)) AS acceptance (lapsed))
                RETURNING finding.*)
             SELECT noted.*, jobs.status AS job_status
             FROM noted LEFT JOIN jobs ON jobs.id = noted.job_id
             ORDER BY noted.account_id, noted.domain, noted.field",
            [
                server.tenant_id.uuid().into(),
                server.id.uuid().into(),
                ids.into(),
                accounts.into(),
                column(|difference| difference.domain.clone()),
                column(|difference| difference.field.as_str().to_owned()),
                column(|difference| difference.field.severity().as_str().to_owned()),
                column(|difference| clipped(&difference.wanted)),
                column(|difference| clipped(&difference.seen)),
                Uuid::nil().into(),
            ],
        );
        all::<NotedRow, _>(&self.db, statement).await
    }

    /// Closes the findings of a server that this transaction has not recorded: they are healed. Findings of
    /// `unsettled` accounts stay open, because this sweep did not judge them.
    pub async fn close_findings(&self, server: ServerId, unsettled: &[AccountId]) -> Result<u64> {
        let unsettled: Vec<Uuid> = unsettled.iter().map(|id| id.uuid()).collect();
        let statement = sql(
            // Findings that this transaction recorded have its time in `last_seen_at`.
            "UPDATE drift_findings SET closed_at = now()
             WHERE server_id = $1 AND closed_at IS NULL AND last_seen_at < now()
               AND (account_id IS NULL OR account_id <> ALL($2))",
            [server.uuid().into(), unsettled.into()],
        );
        execute(&self.db, statement).await
    }

    /// Records that `job` was filed to heal findings.
    pub async fn healed_by(&self, findings: &[FindingId], job: JobId) -> Result<()> {
        let findings: Vec<Uuid> = findings.iter().map(|id| id.uuid()).collect();
        let statement = sql(
            "UPDATE drift_findings SET job_id = $2 WHERE id = ANY($1)",
            [findings.into(), job.uuid().into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }
}

/// A panel's value in the form that the database accepts: without control characters, and cut to [`MAX_VALUE`].
fn clipped(value: &str) -> String {
    value.chars().filter(|character| !character.is_control()).take(MAX_VALUE).collect()
}

#[derive(FromQueryResult)]
struct WantedRow {
    #[sea_orm(nested)]
    account: account::Model,
    settled: bool,
}

impl TryFrom<WantedRow> for Wanted {
    type Error = Error;

    fn try_from(row: WantedRow) -> Result<Self> {
        let account = Account::try_from(row.account)?;
        Ok(Self {
            account_id: account.id,
            domain: account.domain,
            username: account.username,
            disk_mib: account.terms.disk_mib,
            features: account.terms.features,
            disabled: account.status == AccountStatus::Suspended,
            settled: row.settled
                && matches!(account.status, AccountStatus::Active | AccountStatus::Suspended),
        })
    }
}

/// A difference, in the columns of a finding.
#[derive(FromQueryResult)]
pub(super) struct DifferenceRow {
    account_id: Option<Uuid>,
    domain: String,
    field: String,
    wanted: String,
    seen: String,
}

impl TryFrom<DifferenceRow> for Difference {
    type Error = Error;

    fn try_from(row: DifferenceRow) -> Result<Self> {
        Ok(Self {
            account_id: row.account_id.map(Into::into),
            domain: row.domain,
            field: word("field", row.field)?,
            wanted: row.wanted,
            seen: row.seen,
        })
    }
}

#[derive(FromQueryResult)]
struct NotedRow {
    id: Uuid,
    #[sea_orm(nested)]
    difference: DifferenceRow,
    count: i32,
    accepted_at: Option<OffsetDateTime>,
    job_status: Option<String>,
}

impl TryFrom<NotedRow> for Noted {
    type Error = Error;

    fn try_from(row: NotedRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            difference: row.difference.try_into()?,
            count: count("count", row.count)?,
            accepted: row.accepted_at.is_some(),
            job: row.job_status.map(|status| word("job_status", status)).transpose()?,
        })
    }
}
