//! Converts virtual servers to and from messages of the gateway.

use std::collections::BTreeSet;

use contracts::{
    gateway::v1,
    limit::{from_number, to_number},
};
use model::{account::Account, drift::Seen, fault::Fault};

/// The state of an account's virtual server on its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The host has no virtual server of that domain.
    Absent,
    /// The virtual server carries the account's mark.
    Ours,
    /// The virtual server of that domain carries another mark or none.
    Foreign,
}

/// The state of a domain that no account claims on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnclaimedPresence {
    /// The host has no virtual server of that domain.
    Absent,
    /// The virtual server carries a mark of ours, so an account claimed it once.
    Marked,
    /// The virtual server is switched on.
    Enabled,
    /// The virtual server is switched off.
    Disabled,
}

/// The request that creates an account's virtual server.
///
/// # Errors
///
/// `Internal` if the account has no user name yet.
pub(crate) fn creation(
    account: &Account,
    fence: v1::Fence,
) -> Result<v1::CreateDomainRequest, Fault> {
    let username = account.username.as_ref();
    let username =
        username.ok_or_else(|| Fault::internal(format!("account {} has no user", account.id)))?;
    let terms = &account.terms;
    Ok(v1::CreateDomainRequest {
        server_id: account.server_id.to_string(),
        fence: Some(fence),
        domain: account.domain.to_string(),
        username: username.to_string(),
        account_id: account.id.to_string(),
        marker: Account::marker(account.id),
        features: terms.features.iter().map(|feature| feature.as_str().to_owned()).collect(),
        limits: Some(v1::Limits {
            mailboxes: to_number(terms.mailboxes),
            databases: to_number(terms.databases),
            ..quotas(account)
        }),
    })
}

/// The limits of an account that can change on an existing virtual server.
pub(crate) fn quotas(account: &Account) -> v1::Limits {
    v1::Limits {
        disk_mib: to_number(account.terms.disk_mib),
        bandwidth_mib: to_number(account.terms.bandwidth_mib),
        mailboxes: None,
        databases: None,
    }
}

/// A listed virtual server, for comparison with the rows.
pub(crate) fn seen(domain: v1::Domain) -> Seen {
    let limit = |quota: v1::Quota| from_number(quota.limit_kib);
    Seen {
        top_level: domain.r#type == "top-level",
        marker: domain.marker,
        username: domain.username,
        quota_kib: domain.quota.map(limit),
        features: BTreeSet::from_iter(domain.features),
        disabled: domain.disabled.is_some(),
        domain: domain.name,
    }
}

#[cfg(test)]
mod tests {
    use model::quota::Limit;

    use super::*;

    #[test]
    fn unlimited_and_no_quota_kept_stay_apart() {
        let quota = |quota| seen(v1::Domain { quota, ..v1::Domain::default() }).quota_kib;
        assert_eq!(quota(None), None);
        assert_eq!(quota(Some(v1::Quota { limit_kib: None })), Some(Limit::Unlimited));
        assert_eq!(quota(Some(v1::Quota { limit_kib: Some(7) })), Some(Limit::AtMost(7)));
    }
}
