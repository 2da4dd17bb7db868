//! Drift: what the rows want of a server, and what was found to differ.

use std::collections::BTreeMap;

use model::{
    account::{Account, AccountStatus},
    domain::DomainName,
    drift::{Difference, Field, Wanted},
    ids::{AccountId, FindingId, JobId, ServerId},
    job::JobStatus,
    server::Server,
};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Result, Store, Tx,
    entity::{account, count, word},
    sql,
};

/// How much of a value is kept, in characters.
const MAX_VALUE: usize = 500;

/// A difference that was written down, and what has been done about it.
#[derive(Clone, Debug)]
pub struct Noted {
    /// The finding.
    pub id: FindingId,
    /// What differs.
    pub difference: Difference,
    /// How many sweeps have found it: with the first it opens.
    pub count: u32,
    /// Whether a person has accepted it as it is.
    pub accepted: bool,
    /// How the last job ended, or stands, that was filed to heal it.
    pub job: Option<JobStatus>,
}

impl Noted {
    /// Whether nobody has been told of it yet.
    pub fn is_new(&self) -> bool {
        self.count == 1
    }
}

impl Store {
    /// What the rows want of a server. Accounts whose rows or jobs were at work after `since` are in it, but
    /// not settled; so are those that have just gone, since they may be in a listing still.
    pub async fn wanted_on(&self, server: ServerId, since: OffsetDateTime) -> Result<Vec<Wanted>> {
        let statement = sql(
            "SELECT account.*, account.updated_at < $2
                AND NOT EXISTS (SELECT FROM jobs WHERE target = 'account/' || account.id
                    AND status NOT IN ('completed', 'failed', 'cancelled'))
                AND NOT EXISTS (SELECT FROM jobs WHERE target = 'account/' || account.id
                    AND finished_at IS NOT NULL AND finished_at >= $2) AS settled
             FROM accounts account
             WHERE server_id = $1 AND (status IN ('pending', 'active', 'suspended') OR updated_at >= $2)",
            [server.uuid().into(), since.into()],
        );
        let rows = self.db.query_all_raw(statement).await?;
        rows.iter().map(read_wanted).collect()
    }

    /// Whether an account that lives has this domain, on whatever server.
    pub async fn is_claimed(&self, domain: &DomainName) -> Result<bool> {
        let statement = sql(
            "SELECT FROM accounts WHERE domain = $1 AND status IN ('pending', 'active', 'suspended')",
            [domain.as_str().into()],
        );
        Ok(self.db.query_one_raw(statement).await?.is_some())
    }

    /// How many findings are open and accepted by nobody, by field; every field is there.
    pub async fn open_findings(&self) -> Result<BTreeMap<Field, u64>> {
        let statement = sql(
            "SELECT field, count(*) AS findings FROM drift_findings
             WHERE closed_at IS NULL AND accepted_at IS NULL GROUP BY field",
            [],
        );
        let mut open: BTreeMap<Field, u64> = Field::ALL.into_iter().map(|it| (it, 0)).collect();
        for row in self.db.query_all_raw(statement).await? {
            let findings: i64 = row.try_get("", "findings")?;
            open.insert(read_field(&row)?, u64::try_from(findings).unwrap_or_default());
        }
        Ok(open)
    }
}

impl Tx {
    /// Writes differences down: opens a finding for each that has none, counts those that have. One that was
    /// accepted and has changed since begins anew.
    pub async fn note(&self, server: &Server, differences: &[Difference]) -> Result<Vec<Noted>> {
        let column = |read: fn(&Difference) -> String| -> Value {
            differences.iter().map(read).collect::<Vec<_>>().into()
        };
        let ids: Vec<Uuid> = differences.iter().map(|_| FindingId::generate().uuid()).collect();
        // A list of values has none that is absent, so the nil UUID stands for it.
        let account = |it: &Difference| it.account_id.map_or(Uuid::nil(), |it| it.uuid());
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
                            AND (finding.wanted, finding.seen) <> (excluded.wanted, excluded.seen)) AS it (lapsed))
                RETURNING finding.*)
             SELECT noted.*, jobs.status AS job_status
             FROM noted LEFT JOIN jobs ON jobs.id = noted.job_id
             ORDER BY noted.account_id, noted.domain, noted.field",
            [
                server.tenant_id.uuid().into(),
                server.id.uuid().into(),
                ids.into(),
                accounts.into(),
                column(|it| it.domain.clone()),
                column(|it| it.field.as_str().to_owned()),
                column(|it| it.field.severity().as_str().to_owned()),
                column(|it| clipped(&it.wanted)),
                column(|it| clipped(&it.seen)),
                Uuid::nil().into(),
            ],
        );
        self.db.query_all_raw(statement).await?.iter().map(read_noted).collect()
    }

    /// Closes the findings of a server that this transaction has not noted: they are healed. Those of
    /// `unsettled` accounts stay as they are, since nobody has looked.
    pub async fn close_findings(&self, server: ServerId, unsettled: &[AccountId]) -> Result<u64> {
        let unsettled: Vec<Uuid> = unsettled.iter().map(|it| it.uuid()).collect();
        let statement = sql(
            // What is noted in this transaction has its moment.
            "UPDATE drift_findings SET closed_at = now()
             WHERE server_id = $1 AND closed_at IS NULL AND last_seen_at < now()
               AND (account_id IS NULL OR account_id <> ALL($2))",
            [server.uuid().into(), unsettled.into()],
        );
        Ok(self.db.execute_raw(statement).await?.rows_affected())
    }

    /// Remembers that `job` was filed to heal findings.
    pub async fn healed_by(&self, findings: &[FindingId], job: JobId) -> Result<()> {
        let findings: Vec<Uuid> = findings.iter().map(|it| it.uuid()).collect();
        let statement = sql(
            "UPDATE drift_findings SET job_id = $2 WHERE id = ANY($1)",
            [findings.into(), job.uuid().into()],
        );
        self.db.execute_raw(statement).await?;
        Ok(())
    }

    /// An account, with its service locked before it, as everybody does who files a job on one.
    pub async fn lock_with_service(&self, id: AccountId) -> Result<Option<Account>> {
        let service = sql("SELECT service_id FROM accounts WHERE id = $1", [id.uuid().into()]);
        let Some(row) = self.db.query_one_raw(service).await? else { return Ok(None) };
        self.lock_service(row.try_get::<Uuid>("", "service_id")?.into()).await?;
        self.lock_account(id).await
    }

    /// Whether a job on this target has not ended. Lock the target's row first, and it stays so.
    pub async fn has_unfinished_job(&self, target: &str) -> Result<bool> {
        let statement = sql(
            "SELECT FROM jobs WHERE target = $1 AND status NOT IN ('completed', 'failed', 'cancelled') LIMIT 1",
            [target.into()],
        );
        Ok(self.db.query_one_raw(statement).await?.is_some())
    }

    /// Locks a server's row, as everybody does who files a job on one.
    pub async fn lock_server(&self, id: ServerId) -> Result<()> {
        let statement =
            sql("SELECT FROM servers WHERE id = $1 FOR NO KEY UPDATE", [id.uuid().into()]);
        self.db.query_one_raw(statement).await?;
        Ok(())
    }
}

/// What the database takes of a value that a panel gave: no control characters, and not too long.
fn clipped(value: &str) -> String {
    value.chars().filter(|it| !it.is_control()).take(MAX_VALUE).collect()
}

fn read_wanted(row: &QueryResult) -> Result<Wanted> {
    let settled: bool = row.try_get("", "settled")?;
    let account: Account = account::Model::from_query_result(row, "")?.try_into()?;
    Ok(Wanted {
        account_id: account.id,
        domain: account.domain,
        username: account.username,
        disk_mib: account.terms.disk_mib,
        features: account.terms.features,
        disabled: account.status == AccountStatus::Suspended,
        settled: settled
            && matches!(account.status, AccountStatus::Active | AccountStatus::Suspended),
    })
}

fn read_field(row: &QueryResult) -> Result<Field> {
    word("field", row.try_get("", "field")?)
}

pub(crate) fn read_difference(row: &QueryResult) -> Result<Difference> {
    let account: Option<Uuid> = row.try_get("", "account_id")?;
    Ok(Difference {
        account_id: account.map(Into::into),
        domain: row.try_get("", "domain")?,
        field: read_field(row)?,
        wanted: row.try_get("", "wanted")?,
        seen: row.try_get("", "seen")?,
    })
}

fn read_noted(row: &QueryResult) -> Result<Noted> {
    let job: Option<String> = row.try_get("", "job_status")?;
    Ok(Noted {
        id: row.try_get::<Uuid>("", "id")?.into(),
        difference: read_difference(row)?,
        count: count("count", row.try_get("", "count")?)?,
        accepted: row.try_get::<Option<OffsetDateTime>>("", "accepted_at")?.is_some(),
        job: job.map(|it| word("job_status", it)).transpose()?,
    })
}
