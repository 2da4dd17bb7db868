//! Quotas of tenants: the most that one of them may have, so that none of them takes the platform from the others.

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};

use crate::{
    fault::{Fault, FaultKind, FaultReason},
    words,
};

/// What a quota counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum TenantQuota {
    /// Servers that are not deleted.
    Servers,
    /// DNS servers that are not deleted.
    DnsServers,
    /// Plans that are not deleted.
    Plans,
    /// Tokens that were not revoked and have not expired.
    Tokens,
    /// Services that are not terminated.
    Services,
    /// Jobs that have not ended. It refuses what people ask for, and no job that the platform files by itself.
    OpenJobs,
    /// Calls of all tokens in one window of the rate limit, in each process.
    Requests,
}

impl TenantQuota {
    /// Every quota, in the order of display.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name, as in requests and in the database's columns.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// What is counted, in words.
    fn things(self) -> &'static str {
        match self {
            Self::Servers => "servers",
            Self::DnsServers => "DNS servers",
            Self::Plans => "plans",
            Self::Tokens => "live tokens",
            Self::Services => "services that are not terminated",
            Self::OpenJobs => "open jobs",
            Self::Requests => "calls",
        }
    }

    /// What the tenant can do by itself.
    fn remedy(self) -> &'static str {
        match self {
            Self::Servers | Self::DnsServers | Self::Plans => "delete one",
            Self::Tokens => "revoke one",
            Self::Services => "terminate one",
            Self::OpenJobs => "wait until some have ended, or cancel some",
            Self::Requests => "come back later",
        }
    }

    /// The refusal of one thing too many for a tenant that may have `quota`. Only that of a call passes by itself.
    pub fn reached(self, quota: u32) -> Fault {
        let (name, things, remedy) = (self.as_str(), self.things(), self.remedy());
        let option = name.replace('_', "-");
        let message = format!(
            "the tenant's quota {name} is {quota}, and one more would be too many {things}; {remedy}, or the platform's \
             owner can raise it: praho tenants quotas set TENANT --{option} NUMBER"
        );
        let kind = match self {
            Self::Requests => FaultKind::RateLimited,
            _ => FaultKind::OverQuota,
        };
        Fault::new(kind, message).with_reason(FaultReason::QuotaReached)
    }
}

/// Something for each quota: a number, or perhaps one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EachQuota<T>([T; TenantQuota::COUNT]);

impl<T: Copy> EachQuota<T> {
    /// What `rule` says for each quota.
    pub fn of(rule: impl FnMut(TenantQuota) -> T) -> Self {
        Self(TenantQuota::ALL.map(rule))
    }

    /// What there is for a quota.
    pub fn get(&self, quota: TenantQuota) -> T {
        self.0[quota as usize]
    }
}

impl EachQuota<Option<u32>> {
    /// The quota that counts: the tenant's own, or else the default.
    pub fn or(&self, defaults: &EachQuota<u32>) -> EachQuota<u32> {
        EachQuota::of(|quota| self.get(quota).unwrap_or(defaults.get(quota)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::pinned::are_stored;

    #[test]
    fn the_words_are_stored() {
        are_stored::<TenantQuota>("servers dns_servers plans tokens services open_jobs requests");
    }

    #[test]
    fn a_refusal_names_the_quota_its_number_and_the_remedies() {
        for quota in TenantQuota::ALL {
            let fault = quota.reached(1234);
            let name = format!("the tenant's quota {} is 1234", quota.as_str());
            let option = format!("--{} NUMBER", quota.as_str().replace('_', "-"));
            assert!(fault.message.starts_with(&name), "{fault}");
            assert!(fault.message.contains(quota.remedy()) && fault.message.ends_with(&option));
            assert_eq!(fault.reason, Some(FaultReason::QuotaReached));
        }
    }

    #[test]
    fn only_the_quota_of_calls_passes_by_itself() {
        for quota in TenantQuota::ALL {
            let passes = quota == TenantQuota::Requests;
            assert_eq!(quota.reached(1).kind.is_transient(), passes, "{quota:?}");
        }
    }

    #[test]
    fn a_quota_of_the_tenants_own_stands_before_the_default() {
        let own = |quota| (quota == TenantQuota::Plans).then_some(7);
        let defaults = EachQuota::of(|quota| quota as u32 + 100);
        let count = EachQuota::of(own).or(&defaults);
        assert_eq!(count.get(TenantQuota::Plans), 7);
        assert_eq!(count.get(TenantQuota::Requests), 106);
    }
}
