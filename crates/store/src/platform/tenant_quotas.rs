//! Quotas of tenants: what each may have, and how much it has.
//!
//! Each count is bounded by the quota, or kept by a trigger, so that none costs more as a table grows.

use model::{
    ids::TenantId,
    tenant_quota::{EachQuota, TenantQuota},
};
use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{
    Result, Store, Tx,
    columns::{count, integer},
    statement::{execute, one, sql, value},
};

/// The quotas that a tenant has of its own; for the others the defaults count.
pub type OwnQuotas = EachQuota<Option<u32>>;

impl Tx {
    /// The quotas of a tenant, which stays locked until the end of this transaction: whoever locks it too then counts
    /// what this one has added.
    pub async fn lock_quotas(&self, tenant: TenantId) -> Result<OwnQuotas> {
        let lock =
            sql("SELECT FROM tenants WHERE id = $1 FOR NO KEY UPDATE", [tenant.uuid().into()]);
        execute(&self.db, lock).await?;
        self.quotas(tenant).await
    }

    /// The quotas of a tenant.
    pub async fn quotas(&self, tenant: TenantId) -> Result<OwnQuotas> {
        quotas(&self.db, tenant).await
    }

    /// How much a tenant has of what the quota counts, up to `most`. Calls are counted in no table: there are none.
    ///
    /// What this transaction has added counts too. A service that it has added keeps other transactions from adding any to the tenant's, so that the count stays true until its end.
    pub async fn use_of(&self, tenant: TenantId, quota: TenantQuota, most: u32) -> Result<u32> {
        use_of(&self.db, tenant, quota, most).await
    }

    /// How much a tenant has of everything, each counted up to a number of its own.
    pub async fn uses(&self, tenant: TenantId, most: &EachQuota<u32>) -> Result<EachQuota<u32>> {
        uses(&self.db, tenant, most).await
    }

    /// Sets all quotas of a tenant; `None` for the default.
    pub async fn set_quotas(&self, tenant: TenantId, quotas: &OwnQuotas) -> Result<()> {
        let number = |quota: TenantQuota| {
            quotas.get(quota).map(|number| integer(quota.as_str(), number)).transpose()
        };
        let statement = sql(
            "INSERT INTO tenant_quotas (tenant_id, servers, dns_servers, plans, tokens, services, open_jobs, requests)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (tenant_id) DO UPDATE SET servers = excluded.servers, dns_servers = excluded.dns_servers,
                plans = excluded.plans, tokens = excluded.tokens, services = excluded.services,
                open_jobs = excluded.open_jobs, requests = excluded.requests",
            [
                tenant.uuid().into(),
                number(TenantQuota::Servers)?.into(),
                number(TenantQuota::DnsServers)?.into(),
                number(TenantQuota::Plans)?.into(),
                number(TenantQuota::Tokens)?.into(),
                number(TenantQuota::Services)?.into(),
                number(TenantQuota::OpenJobs)?.into(),
                number(TenantQuota::Requests)?.into(),
            ],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }
}

impl Store {
    /// The quotas of a tenant.
    pub async fn quotas(&self, tenant: TenantId) -> Result<OwnQuotas> {
        quotas(&self.db, tenant).await
    }

    /// How much a tenant has of everything, each counted up to a number of its own.
    pub async fn uses(&self, tenant: TenantId, most: &EachQuota<u32>) -> Result<EachQuota<u32>> {
        uses(&self.db, tenant, most).await
    }
}

async fn quotas(db: &impl ConnectionTrait, tenant: TenantId) -> Result<OwnQuotas> {
    let statement = sql("SELECT * FROM tenant_quotas WHERE tenant_id = $1", [tenant.uuid().into()]);
    let own = one::<QuotasRow, OwnQuotas>(db, statement).await?;
    Ok(own.unwrap_or(OwnQuotas::of(|_| None)))
}

async fn uses(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    most: &EachQuota<u32>,
) -> Result<EachQuota<u32>> {
    let mut numbers = [0; TenantQuota::ALL.len()];
    for (number, quota) in numbers.iter_mut().zip(TenantQuota::ALL) {
        *number = use_of(db, tenant, quota, most.get(quota)).await?;
    }
    Ok(EachQuota::of(|quota| numbers[quota as usize]))
}

async fn use_of(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    quota: TenantQuota,
    most: u32,
) -> Result<u32> {
    let counting = match quota {
        TenantQuota::Servers => FIRST.replace("{things}", "servers"),
        TenantQuota::DnsServers => FIRST.replace("{things}", "dns_servers"),
        TenantQuota::Plans => FIRST.replace("{things}", "plans"),
        TenantQuota::Tokens => LIVE_TOKENS.to_owned(),
        TenantQuota::Services => {
            "SELECT least(coalesce(max(services), 0), $2) FROM tenant_uses WHERE tenant_id = $1"
                .to_owned()
        }
        TenantQuota::OpenJobs => "SELECT open_jobs_of_v1($1, $2)".to_owned(),
        TenantQuota::Requests => return Ok(0),
    };
    let statement = sql(&counting, [tenant.uuid().into(), i64::from(most).into()]);
    let number: Option<Option<i64>> = value(db, statement).await?;
    count(quota.as_str(), number.flatten().unwrap_or_default())
}

/// Counts the first things of a tenant, in the order of the index of their list.
const FIRST: &str = "SELECT count(*) FROM (
    SELECT FROM {things} WHERE tenant_id = $1 AND deleted_at IS NULL ORDER BY id DESC LIMIT $2) first";

/// Counts the tokens that never expire and those that have not expired: the two ends of one index.
const LIVE_TOKENS: &str = "SELECT count(*) FROM (
    (SELECT 1 FROM api_tokens WHERE tenant_id = $1 AND revoked_at IS NULL AND expires_at IS NULL LIMIT $2)
    UNION ALL
    (SELECT 1 FROM api_tokens WHERE tenant_id = $1 AND revoked_at IS NULL AND expires_at > now()
     ORDER BY expires_at DESC LIMIT $2)
    LIMIT $2) live";

#[derive(FromQueryResult)]
struct QuotasRow {
    servers: Option<i32>,
    dns_servers: Option<i32>,
    plans: Option<i32>,
    tokens: Option<i32>,
    services: Option<i32>,
    open_jobs: Option<i32>,
    requests: Option<i32>,
}

impl From<QuotasRow> for OwnQuotas {
    fn from(row: QuotasRow) -> Self {
        let column = |quota| match quota {
            TenantQuota::Servers => row.servers,
            TenantQuota::DnsServers => row.dns_servers,
            TenantQuota::Plans => row.plans,
            TenantQuota::Tokens => row.tokens,
            TenantQuota::Services => row.services,
            TenantQuota::OpenJobs => row.open_jobs,
            TenantQuota::Requests => row.requests,
        };
        // The table has no negative ones.
        Self::of(|quota| column(quota).map(i32::unsigned_abs))
    }
}
