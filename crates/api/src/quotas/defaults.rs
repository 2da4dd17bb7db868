//! The configuration of the default quotas of tenants.

use chassis::config::{Keys, Section};
use model::tenant_quota::{EachQuota, TenantQuota};

use crate::forms::{QUOTA, QUOTA_OF_CALLS};

/// How many times the calls of one token a tenant may make with all its tokens.
const TOKENS: u32 = 10;

/// What each tenant may have for which an owner of the platform has set no other number.
#[derive(Clone, Copy, Debug)]
pub struct DefaultQuotas {
    /// Servers; 1000 by default.
    pub servers: u32,
    /// DNS servers; 100 by default.
    pub dns_servers: u32,
    /// Plans; 1000 by default.
    pub plans: u32,
    /// Live tokens; 1000 by default.
    pub tokens: u32,
    /// Services that are not terminated; a million by default.
    pub services: u32,
    /// Open jobs; 100,000 by default.
    pub open_jobs: u32,
    /// Calls of all tokens in one window of `rate_limit`, in each process; by default ten times those of one token.
    pub requests: Option<u32>,
}

impl Section for DefaultQuotas {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            servers: number(keys, "servers", 1000),
            dns_servers: number(keys, "dns_servers", 100),
            plans: number(keys, "plans", 1000),
            tokens: number(keys, "tokens", 1000),
            services: number(keys, "services", 1_000_000),
            open_jobs: number(keys, "open_jobs", 100_000),
            requests: requests(keys),
        }
    }
}

fn number(keys: &mut Keys<'_>, key: &'static str, default: u32) -> u32 {
    let number = keys.number(key, default.into(), QUOTA);
    u32::try_from(number).unwrap_or(default)
}

fn requests(keys: &mut Keys<'_>) -> Option<u32> {
    let requests = keys.optional("requests");
    if requests.is_some_and(|it: u32| !QUOTA_OF_CALLS.contains(&it.into())) {
        let what = "is not 1 to 1000000000";
        keys.refuse("requests", what, "leave it out for ten times rate_limit.requests");
    }
    requests
}

impl DefaultQuotas {
    /// The numbers, where a token may make so many calls in a window.
    pub(crate) fn numbers(&self, calls: u32) -> EachQuota<u32> {
        EachQuota::of(|quota| match quota {
            TenantQuota::Servers => self.servers,
            TenantQuota::DnsServers => self.dns_servers,
            TenantQuota::Plans => self.plans,
            TenantQuota::Tokens => self.tokens,
            TenantQuota::Services => self.services,
            TenantQuota::OpenJobs => self.open_jobs,
            TenantQuota::Requests => self.requests.unwrap_or_else(|| calls.saturating_mul(TOKENS)),
        })
    }
}
