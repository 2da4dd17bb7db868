//! Domains that several tenants may want: what stands of them, and proofs of control.

use model::{
    domain::DomainName,
    domain_claim::{DomainClaim, DomainProof, Standing},
    ids::TenantId,
    service::Service,
};
use sea_orm::FromQueryResult;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Error, Result, Tx,
    columns::word,
    statement::{all, execute, one, sql},
};

/// The most services of names below a domain that an overview shows.
const MOST_BELOW: i64 = 100;

/// Whether the proof `proof` stands: for `$2` days after it was given, and a decision as long as its tenant has a service
/// for the domain.
const STANDS: &str =
    "(proof.proven_at > now() - $2 * interval '1 day' OR proof.how = 'platform' AND EXISTS (
    SELECT FROM services mine WHERE mine.tenant_id = proof.tenant_id AND mine.domain = proof.domain
        AND mine.status <> 'terminated'))";

/// The names that begin, reversed, like this one: the bounds of those below it, which are no part of the range.
fn below(domain: &DomainName) -> [String; 2] {
    let reversed: String = domain.as_str().chars().rev().collect();
    // A slash follows the dot in ASCII.
    [format!("{reversed}."), format!("{reversed}/")]
}

fn with_parents(domain: &DomainName) -> Vec<String> {
    domain.with_parents().map(str::to_owned).collect()
}

impl Tx {
    /// Keeps other transactions from judging or giving away a domain of this registration until the end of this one.
    pub async fn lock_registered_domain(&self, registered: &str) -> Result<()> {
        let statement = sql(
            "SELECT pg_advisory_xact_lock(hashtextextended('domain/' || $1, 0))",
            [registered.into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// What stands of the domain of a service, for its tenant. A service that was never activated holds its domain for
    /// `hold_days` after it was created, before services that were created later.
    ///
    /// The names below the domain are read until one of another tenant is found, so a tenant with many names below its
    /// own one pays for them once, when it activates that.
    pub async fn domain_standing(&self, service: &Service, hold_days: u16) -> Result<Standing> {
        let holds =
            "other.tenant_id <> $1 AND other.status <> 'terminated' AND (other.status <> 'created'
            OR other.created_at > now() - $2 * interval '1 day' AND (
                own.created_at <= now() - $2 * interval '1 day'
                OR (other.created_at, other.id) < (own.created_at, own.id)))";
        let text = format!(
            "SELECT
                EXISTS (SELECT FROM domain_proofs proof
                    WHERE domain = $4 AND tenant_id = $1 AND {STANDS}) AS proven,
                EXISTS (SELECT FROM domain_proofs proof
                    WHERE domain = $4 AND tenant_id <> $1 AND {STANDS})
                OR EXISTS (SELECT FROM services other WHERE other.domain = ANY($5) AND {holds})
                OR EXISTS (SELECT FROM services other
                    WHERE reverse(other.domain) COLLATE \"C\" > $6 AND reverse(other.domain) COLLATE \"C\" < $7
                        AND {holds}) AS claimed,
                EXISTS (SELECT FROM domain_proofs proof
                    WHERE domain = $4 AND tenant_id <> $1 AND how = 'platform' AND {STANDS}) AS decided,
                coalesce(account.tenant_id <> $1, false) AS live_elsewhere,
                coalesce(account.tenant_id = $1, false) AS live_here
             FROM services own LEFT JOIN accounts account
                ON account.domain = $4 AND account.status IN ('pending', 'active', 'suspended')
             WHERE own.id = $3"
        );
        let [from, to] = below(&service.domain);
        let statement = sql(
            &text,
            [
                service.tenant_id.uuid().into(),
                i32::from(hold_days).into(),
                service.id.uuid().into(),
                service.domain.as_str().into(),
                with_parents(&service.domain).into(),
                from.into(),
                to.into(),
            ],
        );
        let row = one::<StandingRow, Standing>(&self.db, statement).await?;
        row.ok_or_else(|| Error::Internal(format!("there is no service {}", service.id)))
    }

    /// Keeps the proof that a tenant has published its record, in place of a proof of another tenant; `false`, and nothing
    /// changes, if the platform's owner has given the domain to another tenant and that stands.
    pub async fn prove_domain(
        &self,
        tenant: TenantId,
        domain: &DomainName,
        hold_days: u16,
    ) -> Result<bool> {
        let text = format!(
            "INSERT INTO domain_proofs AS proof (domain, tenant_id, how) VALUES ($3, $1, 'txt')
             ON CONFLICT (domain) DO UPDATE SET tenant_id = $1, proven_at = now(),
                how = CASE WHEN proof.tenant_id = $1 THEN proof.how ELSE 'txt' END
             WHERE proof.how = 'txt' OR proof.tenant_id = $1 OR NOT {STANDS}"
        );
        let statement =
            sql(&text, [tenant.uuid().into(), i32::from(hold_days).into(), domain.as_str().into()]);
        Ok(execute(&self.db, statement).await? == 1)
    }

    /// Gives a domain to a tenant by the decision of an owner of the platform, in place of a proof of another tenant.
    pub async fn assign_domain(&self, tenant: TenantId, domain: &DomainName) -> Result<()> {
        let statement = sql(
            "INSERT INTO domain_proofs (domain, tenant_id, how) VALUES ($2, $1, 'platform')
             ON CONFLICT (domain) DO UPDATE SET tenant_id = $1, how = 'platform', proven_at = now()",
            [tenant.uuid().into(), domain.as_str().into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// The services of all tenants for a domain and the names above it, and some of those below it.
    pub async fn domain_claims(
        &self,
        domain: &DomainName,
        hold_days: u16,
    ) -> Result<Vec<DomainClaim>> {
        let [from, to] = below(domain);
        let statement = sql(
            "SELECT it.tenant_id, tenant.name AS tenant_name, it.domain, it.status, it.created_at,
                it.status <> 'created' OR it.created_at > now() - $1 * interval '1 day' AS holds,
                account.status AS account_status
             FROM (SELECT * FROM services WHERE domain = ANY($2) AND status <> 'terminated'
                UNION ALL (SELECT * FROM services
                    WHERE reverse(domain) COLLATE \"C\" > $3 AND reverse(domain) COLLATE \"C\" < $4
                        AND status <> 'terminated'
                    ORDER BY reverse(domain) COLLATE \"C\" LIMIT $5)) it
             JOIN tenants tenant ON tenant.id = it.tenant_id
             LEFT JOIN accounts account ON account.service_id = it.id
                AND account.status IN ('pending', 'active', 'suspended')
             ORDER BY length(it.domain), it.domain, it.created_at, it.id",
            [
                i32::from(hold_days).into(),
                with_parents(domain).into(),
                from.into(),
                to.into(),
                MOST_BELOW.into(),
            ],
        );
        all::<ClaimRow, _>(&self.db, statement).await
    }

    /// The last proof of control of a domain, whether or not it stands.
    pub async fn domain_proof(&self, domain: &DomainName) -> Result<Option<DomainProof>> {
        let statement = sql(
            "SELECT tenant_id, name AS tenant_name, how, proven_at
             FROM domain_proofs JOIN tenants ON tenants.id = tenant_id WHERE domain = $1",
            [domain.as_str().into()],
        );
        one::<ProofRow, _>(&self.db, statement).await
    }
}

#[derive(FromQueryResult)]
struct StandingRow {
    proven: bool,
    claimed: bool,
    decided: bool,
    live_elsewhere: bool,
    live_here: bool,
}

impl From<StandingRow> for Standing {
    fn from(row: StandingRow) -> Self {
        let StandingRow { proven, claimed, decided, live_elsewhere, live_here } = row;
        Self { proven, claimed, decided, live_elsewhere, live_here }
    }
}

#[derive(FromQueryResult)]
struct ProofRow {
    tenant_id: Uuid,
    tenant_name: String,
    how: String,
    proven_at: OffsetDateTime,
}

impl TryFrom<ProofRow> for DomainProof {
    type Error = Error;

    fn try_from(row: ProofRow) -> Result<Self> {
        Ok(Self {
            tenant_id: row.tenant_id.into(),
            tenant_name: row.tenant_name,
            how: word("how", row.how)?,
            at: row.proven_at,
        })
    }
}

#[derive(FromQueryResult)]
struct ClaimRow {
    tenant_id: Uuid,
    tenant_name: String,
    domain: String,
    status: String,
    holds: bool,
    account_status: Option<String>,
    created_at: OffsetDateTime,
}

impl TryFrom<ClaimRow> for DomainClaim {
    type Error = Error;

    fn try_from(row: ClaimRow) -> Result<Self> {
        let account = row.account_status.map(|it| word("status", it)).transpose()?;
        Ok(Self {
            tenant_id: row.tenant_id.into(),
            tenant_name: row.tenant_name,
            domain: row.domain,
            status: word("status", row.status)?,
            holds: row.holds,
            account,
            created_at: row.created_at,
        })
    }
}
