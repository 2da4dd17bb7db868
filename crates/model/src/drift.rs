//! Drift: where a server is not as our rows say, and whether a listing can be believed at all.
//!
//! Pure: what is wanted and what was seen go in, differences come out. Nothing here decides what is done
//! about one, except which fields a job can heal.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    account::Account, domain::DomainName, ids::AccountId, plan::Feature, quota::Limit,
    username::Username,
};

/// A virtual server as an account's row wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The account.
    pub account_id: AccountId,
    /// Its domain.
    pub domain: DomainName,
    /// Its Unix user.
    pub username: Option<Username>,
    /// Its disk space in MiB.
    pub disk_mib: Limit,
    /// What is switched on in it.
    pub features: BTreeSet<Feature>,
    /// Whether it is to be switched off.
    pub disabled: bool,
    /// Whether row and server had time to agree: no job is at work on it, and none was since the listing was
    /// asked for. One that is not settled is not judged, and what it has on the server is not unknown.
    pub settled: bool,
}

/// A virtual server as its host lists it. Names are unique in one listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its domain.
    pub domain: String,
    /// Whether it has an administrator of its own. Sub-servers and aliases are their owner's business.
    pub top_level: bool,
    /// Its description: ours is our marker.
    pub marker: String,
    /// Its administrator.
    pub username: String,
    /// Its quota in units of 1 KiB.
    pub quota_kib: Limit,
    /// What is switched on in it, by Virtualmin's names.
    pub features: BTreeSet<String>,
    /// Whether it is switched off.
    pub disabled: bool,
}

/// One way in which a server is not as our rows say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The account; none where no row of ours claims the domain.
    pub account_id: Option<AccountId>,
    /// The domain.
    pub domain: String,
    /// What differs.
    pub field: Field,
    /// As the rows want it.
    pub wanted: String,
    /// As the server shows it.
    pub seen: String,
}

/// What can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The virtual server is not there.
    Existence,
    /// Its domain is there without our marker.
    Owner,
    /// Ours is there under another domain.
    Name,
    /// It is switched on and should be off, or the other way round.
    Status,
    /// Its administrator is another.
    User,
    /// Its disk quota is another.
    Quota,
    /// It lacks a feature of its plan.
    Features,
    /// A virtual server that no row of ours claims.
    Unknown,
    /// The listing as a whole is not to be believed, see [`Doubt`].
    Listing,
}

/// How bad a difference is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Someone gets something else than was sold.
    Warning,
    /// A customer's site is down, or works that should not, or the server cannot be believed.
    Critical,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 9] = [
        Self::Existence,
        Self::Owner,
        Self::Name,
        Self::Status,
        Self::User,
        Self::Quota,
        Self::Features,
        Self::Unknown,
        Self::Listing,
    ];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Existence => "existence",
            Self::Owner => "owner",
            Self::Name => "name",
            Self::Status => "status",
            Self::User => "user",
            Self::Quota => "quota",
            Self::Features => "features",
            Self::Unknown => "unknown",
            Self::Listing => "listing",
        }
    }

    /// How bad it is.
    pub fn severity(self) -> Severity {
        match self {
            Self::Existence | Self::Owner | Self::Name | Self::Status | Self::Listing => {
                Severity::Critical
            }
            Self::User | Self::Quota | Self::Features => Severity::Warning,
            Self::Unknown => Severity::Info,
        }
    }

    /// Whether the job `account.heal` brings it back. Everything else is reported.
    pub fn is_healed(self) -> bool {
        matches!(self, Self::Existence | Self::Status)
    }

    /// Whether many of them at once are more likely a lie of the panel than the truth. Quotas and features
    /// differ on every account of a server that is set up another way, and unknown ones are nobody's loss.
    fn casts_doubt(self) -> bool {
        self.severity() == Severity::Critical || self == Self::User
    }
}

impl Severity {
    /// Every severity.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Every difference between the rows of one server and its listing, once, sorted.
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
        seen: format!("one of user {}, described as {:?}", it.username, it.marker),
    }));
    differences.sort();
    differences
}

/// The differences of one account, of which `there` has its domain and `ours` its marker.
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

/// What differs in a virtual server that is there and ours: the field, what is wanted, what was seen.
fn details(account: &Wanted, there: &Seen) -> Vec<(Field, String, String)> {
    let mut details = Vec::new();
    let switched = |disabled| if disabled { "disabled" } else { "enabled" }.to_owned();
    if there.disabled != account.disabled {
        details.push((Field::Status, switched(account.disabled), switched(there.disabled)));
    }
    if let Some(username) = account.username.as_ref().filter(|it| it.as_str() != there.username) {
        details.push((Field::User, username.to_string(), there.username.clone()));
    }
    // A limit past 64 bits of bytes could not have been asked for.
    if let Ok(quota) = account.disk_mib.mib_to_blocks()
        && quota != there.quota_kib
    {
        let kib = |limit: Limit| match limit {
            Limit::AtMost(kib) => format!("{kib} KiB"),
            Limit::Unlimited => "unlimited".to_owned(),
        };
        details.push((Field::Quota, kib(quota), kib(there.quota_kib)));
    }
    let names = account.features.iter().map(|it| it.as_str());
    let missing: Vec<&str> = names.filter(|it| !there.features.contains(*it)).collect();
    if !missing.is_empty() {
        let missing = missing.join(" ");
        details.push((Field::Features, missing.clone(), format!("not {missing}")));
    }
    details
}

/// How much may differ before a listing is doubted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerance {
    /// The greatest share of accounts, in percent.
    pub percent: u32,
    /// A server with fewer settled accounts is not judged by shares.
    pub from_accounts: usize,
}

/// Why a listing is not believed: more likely the panel is wrong than the world has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// It has nothing at all.
    #[error("the panel lists nothing, and {0} accounts should be there")]
    Empty(usize),
    /// Too much of it differs.
    #[error("{changed} of {accounts} accounts are missing or changed on the server")]
    TooMuch {
        /// Accounts that differ.
        changed: usize,
        /// All that could.
        accounts: usize,
    },
}

/// Whether a listing with these `differences` can be believed.
///
/// # Errors
///
/// [`Doubt`]: nothing may be concluded from it.
pub fn believe(
    wanted: &[Wanted],
    seen: &[Seen],
    differences: &[Difference],
    tolerance: Tolerance,
) -> Result<(), Doubt> {
    let accounts = wanted.iter().filter(|it| it.settled).count();
    if seen.is_empty() && accounts > 0 {
        return Err(Doubt::Empty(accounts));
    }
    let changed: BTreeSet<AccountId> = differences
        .iter()
        .filter(|it| it.field.casts_doubt())
        .filter_map(|it| it.account_id)
        .collect();
    let (changed, percent) = (changed.len(), u64::from(tolerance.percent));
    if accounts >= tolerance.from_accounts && changed as u64 * 100 > accounts as u64 * percent {
        return Err(Doubt::TooMuch { changed, accounts });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
