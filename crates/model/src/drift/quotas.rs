//! Tells from a listing whether a host keeps quotas, and whether that is a difference on its server.

use std::collections::BTreeMap;

use super::{Difference, Field, Seen, Wanted};
use crate::{
    account::Account,
    quota::Limit,
    server::{Server, WithoutQuotas},
};

/// Whether a host keeps quotas, by its listing; `None` if no listed virtual server could have a quota. Only
/// top-level servers have a quota.
pub fn keeps_quotas(seen: &[Seen]) -> Option<bool> {
    let mut top_level = seen.iter().filter(|seen| seen.top_level).peekable();
    top_level.peek()?;
    Some(top_level.any(|seen| seen.quota_kib.is_some()))
}

/// The one difference of a server whose policy refuses limits that nobody enforces, and whose accounts have such limits.
///
/// It names the remedies. Its words do not depend on the number of accounts, so that an acceptance by a person outlasts
/// the next account.
pub fn unenforced_quotas(server: &Server, wanted: &[Wanted], seen: &[Seen]) -> Option<Difference> {
    if server.without_quotas == WithoutQuotas::Accept {
        return None;
    }
    let without: BTreeMap<&str, &Seen> = seen
        .iter()
        .filter(|seen| seen.top_level && seen.quota_kib.is_none())
        .map(|seen| (seen.domain.as_str(), seen))
        .collect();
    let is_unenforced = |account: &Wanted| {
        account.settled
            && account.disk_mib != Limit::Unlimited
            && without
                .get(account.domain.as_str())
                .is_some_and(|seen| seen.marker == Account::marker(account.account_id))
    };
    wanted.iter().any(is_unenforced).then(|| Difference {
        account_id: None,
        domain: String::new(),
        field: Field::QuotaSupport,
        wanted: "disk quotas".to_owned(),
        seen: format!(
            "none, so that no limit on disk space is enforced: mount the file system of the home directories with \
             usrquota and grpquota, run quotacheck and quotaon, and let Virtualmin look again (check-config); or accept \
             it with `praho servers update {} --without-quotas accept`",
            server.name
        ),
    })
}
