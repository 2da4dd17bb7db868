//! What uses a plan, a server or a DNS server, and so keeps it from being deleted.
//!
//! Lock the thing first, so that the answers stay true.

use model::ids::{DnsServerId, PlanId, ServerId};
use sea_orm::Value;

use crate::{
    Result, Tx,
    statement::{sql, value},
};

/// The open jobs on target `$1` or with resource `$2`.
const JOBS: &str =
    "SELECT kind || ' ' || id AS name FROM open_jobs WHERE target = $1 OR resource = $2";

/// The things of one sort that use another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Users {
    /// Their number.
    pub number: u64,
    /// The names of the first three.
    pub names: Vec<String>,
}

impl Tx {
    /// The domains of the services on a plan that are not terminated, or whose account is not yet deleted.
    pub async fn services_on_plan(&self, plan: PlanId) -> Result<Users> {
        self.users(
            "SELECT domain AS name FROM services WHERE plan_id = $1 AND status <> 'terminated'
             UNION SELECT domain FROM accounts WHERE plan_id = $1 AND status IN ('pending', 'active', 'suspended')",
            [plan.uuid().into()],
        )
        .await
    }

    /// The open jobs of a plan.
    pub async fn open_jobs_on_plan(&self, plan: PlanId) -> Result<Users> {
        let jobs = "SELECT kind || ' ' || id AS name FROM open_jobs WHERE target = $1";
        self.users(jobs, [plan.target().into()]).await
    }

    /// The domains of a server's live accounts.
    pub async fn accounts_on_server(&self, server: ServerId) -> Result<Users> {
        self.users(
            "SELECT domain AS name FROM accounts
             WHERE server_id = $1 AND status IN ('pending', 'active', 'suspended')",
            [server.uuid().into()],
        )
        .await
    }

    /// The open jobs that are about a server or change it.
    pub async fn open_jobs_on_server(&self, server: ServerId) -> Result<Users> {
        self.users(JOBS, [server.target().into(), server.mutation_slot().into()]).await
    }

    /// The zones that are wanted on a DNS server, and those whose account is not yet deleted.
    pub async fn zones_on_dns_server(&self, server: DnsServerId) -> Result<Users> {
        self.users(
            "SELECT name FROM zones WHERE dns_server_id = $1 AND (wanted OR EXISTS (
                SELECT FROM accounts WHERE id = zones.account_id AND status IN ('pending', 'active', 'suspended')))",
            [server.uuid().into()],
        )
        .await
    }

    /// The open jobs of a DNS server and of its zones.
    pub async fn open_jobs_on_dns_server(&self, server: DnsServerId) -> Result<Users> {
        self.users(JOBS, [server.target().into(), server.zone_slot().into()]).await
    }

    async fn users<const N: usize>(&self, names: &str, values: [Value; N]) -> Result<Users> {
        let text = format!(
            "SELECT count(*), coalesce((array_agg(name ORDER BY name))[1:3], '{{}}') FROM ({names}) it"
        );
        let found: Option<(i64, Vec<String>)> = value(&self.db, sql(&text, values)).await?;
        let (number, names) = found.unwrap_or_default();
        Ok(Users { number: u64::try_from(number).unwrap_or_default(), names })
    }
}
