//! Passwords of accounts: who chose one, which of an account's passwords it is, and whether it may be shown.

use std::{ops::RangeInclusive, time::Duration};

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};
use time::OffsetDateTime;

use crate::words;

/// Octets of a password that a caller chooses.
///
/// NIST SP 800-63B demands eight characters at the least; bcrypt, with which a host may hash it, takes no notice of what
/// follows the 72nd octet.
pub const LENGTH: RangeInclusive<usize> = 8..=72;

/// How long a generated password may be shown after it was set on the host.
pub const SHOWABLE_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Who chose a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Source {
    /// The caller: it is never shown.
    Given,
    /// We: it may be shown once.
    Generated,
}

/// Which of an account's passwords one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Place {
    /// The account's own, with which a virtual server is made and made again.
    Current,
    /// The one that a reset is to set.
    Pending,
    /// The one before the last reset, which the undo of that reset sets again.
    Former,
}

/// What decides whether an account's current password may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Showing {
    /// Who chose it.
    pub source: Source,
    /// The end of the time in which it may be shown; `None` before the host has it, and for a given one.
    pub until: Option<OffsetDateTime>,
    /// When it was shown; `None` if it was not.
    pub shown_at: Option<OffsetDateTime>,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name, as in the database.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl Place {
    /// Every place.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name, as in the database.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::pinned::are_stored;

    #[test]
    fn the_words_are_stored() {
        are_stored::<Source>("given generated");
        are_stored::<Place>("current pending former");
    }
}
