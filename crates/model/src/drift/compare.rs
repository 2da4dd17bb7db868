//! Compares the rows of a server with its listing.

use std::collections::{BTreeMap, BTreeSet};

use super::{Difference, Field, Seen, Wanted};
use crate::{account::Account, quota::Limit};

/// Every difference between the rows of one server and its listing, once, sorted. Whether the host enforces quotas at all is
/// the business of [`unenforced_quotas`](super::unenforced_quotas).
pub fn compare(wanted: &[Wanted], seen: &[Seen]) -> Vec<Difference> {
    let by_domain: BTreeMap<&str, &Seen> = seen.iter().map(|it| (it.domain.as_str(), it)).collect();
    let by_marker: BTreeMap<&str, &Seen> =
        seen.iter().filter(|it| it.top_level).map(|it| (it.marker.as_str(), it)).collect();
    let mut claimed = BTreeSet::new();
    let mut differences = Vec::new();
    for account in wanted {
        let marker = Account::marker(account.account_id);
        let there = by_domain.get(account.domain.as_str()).copied();
        let ours = by_marker.get(marker.as_str()).copied();
        claimed.extend(there.into_iter().chain(ours).map(|it| it.domain.as_str()));
        if account.settled {
            differences.extend(differences_of(account, &marker, there, ours));
        }
    }
    let unknown = seen.iter().filter(|it| it.top_level && !claimed.contains(it.domain.as_str()));
    differences.extend(unknown.map(|it| Difference {
        account_id: None,
        domain: it.domain.clone(),
        field: Field::Unknown,
        wanted: "no virtual server".to_owned(),
        seen: format!(
            "one of user {}, described as {:?}, {}",
            it.username,
            it.marker,
            switched(it.disabled)
        ),
    }));
    differences.sort();
    differences
}

/// The differences of one account. `there` is the virtual server with its domain, `ours` the one with its
/// mark.
fn differences_of(
    account: &Wanted,
    marker: &str,
    there: Option<&Seen>,
    ours: Option<&Seen>,
) -> Vec<Difference> {
    let differs = |field, wanted: String, seen: String| Difference {
        account_id: Some(account.account_id),
        domain: account.domain.to_string(),
        field,
        wanted,
        seen,
    };
    match (there, ours) {
        (Some(there), _) if there.marker == marker => details(account, there)
            .into_iter()
            .map(|(field, wanted, seen)| differs(field, wanted, seen))
            .collect(),
        (_, Some(ours)) => {
            vec![differs(Field::Name, account.domain.to_string(), ours.domain.clone())]
        }
        (Some(there), None) => {
            vec![differs(Field::Owner, marker.to_owned(), there.marker.clone())]
        }
        (None, None) => {
            vec![differs(Field::Existence, "a virtual server".to_owned(), "none".to_owned())]
        }
    }
}

/// The differences of an existing virtual server of ours: the field, the wanted value, the listed value.
fn details(account: &Wanted, there: &Seen) -> Vec<(Field, String, String)> {
    let mut details = Vec::new();
    if there.disabled != account.disabled {
        let (wanted, seen) = (switched(account.disabled), switched(there.disabled));
        details.push((Field::Status, wanted.to_owned(), seen.to_owned()));
    }
    if let Some(username) = account.username.as_ref().filter(|it| it.as_str() != there.username) {
        details.push((Field::User, username.to_string(), there.username.clone()));
    }
    // A limit of more bytes than 64 bits can count could never be set.
    if let Ok(quota) = account.disk_mib.mib_to_blocks()
        && let Some(kept) = there.quota_kib
        && quota != kept
    {
        let kib = |limit: Limit| match limit {
            Limit::AtMost(kib) => format!("{kib} KiB"),
            Limit::Unlimited => "unlimited".to_owned(),
        };
        details.push((Field::Quota, kib(quota), kib(kept)));
    }
    let names = account.features.iter().map(|it| it.as_str());
    let missing: Vec<&str> = names.filter(|it| !there.features.contains(*it)).collect();
    if !missing.is_empty() {
        let missing = missing.join(" ");
        details.push((Field::Features, missing.clone(), format!("not {missing}")));
    }
    details
}

fn switched(disabled: bool) -> &'static str {
    if disabled { "disabled" } else { "enabled" }
}
