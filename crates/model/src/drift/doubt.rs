//! Judges whether a listing can be trusted, and how many virtual servers may be switched off because of one.

use std::collections::BTreeSet;

use super::{Difference, Field, Seen, Severity, Wanted};
use crate::{account::Account, ids::AccountId};

/// The limits beyond which a listing is doubted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerance {
    /// The greatest share of accounts, in percent.
    pub percent: u32,
    /// The fewest settled accounts for which the share counts.
    pub from_accounts: usize,
}

/// Why a listing is not trusted: an error of the panel is more likely than so many real changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The listing is empty; the number is that of the accounts that should be listed.
    #[error("the panel lists nothing, and {0} accounts should be there")]
    Empty(usize),
    /// Too many accounts differ.
    #[error("{changed} of {accounts} accounts are missing or changed on the server")]
    TooMuch {
        /// The number of accounts that differ.
        changed: usize,
        /// The number of all accounts that could differ.
        accounts: usize,
    },
}

/// Whether a listing with these `differences` can be trusted.
///
/// # Errors
///
/// [`Doubt`], if no conclusion may be drawn from the listing.
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
    /// Whether many differences of this field at once are more likely an error of the panel than the truth.
    /// Quotas and features differ on every account of a server with another setup, and unknown virtual
    /// servers mean no loss.
    fn casts_doubt(self) -> bool {
        self.severity() == Severity::Critical || self == Self::User
    }
}

/// The domains of unclaimed virtual servers that may be switched off: they are on, and have no mark of ours.
/// One with our mark once belonged to a row, and only a person can know why the row is gone.
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
    /// Whether this many unclaimed domains may be switched off on a server with this many accounts: one always, and
    /// more only up to the tolerated share. Beyond it the rows were lost, or the server is not ours alone.
    pub fn covers(self, unclaimed: usize, accounts: usize) -> bool {
        unclaimed <= 1 || unclaimed as u64 * 100 <= accounts as u64 * u64::from(self.percent)
    }
}
