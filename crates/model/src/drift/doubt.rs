//! Whether a listing can be believed, and how much may follow from one.

use std::collections::BTreeSet;

use super::{Difference, Field, Seen, Severity, Wanted};
use crate::{account::Account, ids::AccountId};

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

impl Field {
    /// Whether many of them at once are more likely a lie of the panel than the truth. Quotas and features
    /// differ on every account of a server that is set up another way, and unknown ones are nobody's loss.
    fn casts_doubt(self) -> bool {
        self.severity() == Severity::Critical || self == Self::User
    }
}

/// The domains of virtual servers that no row claims and that may be switched off: they are on, and carry no
/// mark of ours. One that does belonged to a row once, and only a person knows why it is gone.
pub fn unclaimed(seen: &[Seen], differences: &[Difference]) -> BTreeSet<String> {
    let unknown: BTreeSet<&str> = differences
        .iter()
        .filter(|it| it.field == Field::Unknown)
        .map(|it| it.domain.as_str())
        .collect();
    seen.iter()
        .filter(|it| unknown.contains(it.domain.as_str()))
        .filter(|it| !it.disabled && !Account::is_marker(&it.marker))
        .map(|it| it.domain.clone())
        .collect()
}

impl Tolerance {
    /// Whether so many unclaimed domains may be switched off on a server of so many accounts: one always, and more
    /// only up to the tolerated share. Beyond it the rows were lost, or the server is not ours alone.
    pub fn covers(self, unclaimed: usize, accounts: usize) -> bool {
        unclaimed <= 1 || unclaimed as u64 * 100 <= accounts as u64 * u64::from(self.percent)
    }
}
