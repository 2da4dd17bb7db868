//! Limits of storage, traffic and counted objects, converted from and to Virtualmin's forms.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The quota blocks in a mebibyte: Virtualmin counts blocks of 1 KiB on Linux.
const BLOCKS_IN_MIB: u64 = 1 << 10;
/// Bytes in a mebibyte.
const MIB: u64 = 1 << 20;

/// A limit, in the unit that its field's name gives, such as `disk_mib`.
///
/// Zero means nothing at all, and is not [`Limit::Unlimited`]; an unknown limit is an error or an `Option`,
/// never a limit. A limit reads and prints as a whole number or as `Unlimited`: the form of Virtualmin's
/// limit fields, whether they count 1 KiB blocks (`server_block_quota`), bytes (`bandwidth_byte_limit`) or
/// objects (`maximum_mailboxes`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// At most this number.
    AtMost(u64),
    /// No limit. Greater than any other limit.
    Unlimited,
}

impl Limit {
    /// Converts a limit in MiB to 1 KiB blocks, Virtualmin's unit of quotas.
    ///
    /// # Errors
    ///
    /// [`SizeError::TooLarge`] if the bytes do not fit into 64 bits.
    pub fn mib_to_blocks(self) -> Result<Self, SizeError> {
        self.mib_to_bytes()?;
        self.times(BLOCKS_IN_MIB)
    }

    /// Converts a limit in MiB to bytes, Virtualmin's unit of bandwidth.
    ///
    /// # Errors
    ///
    /// [`SizeError::TooLarge`] if the bytes do not fit into 64 bits.
    pub fn mib_to_bytes(self) -> Result<Self, SizeError> {
        self.times(MIB)
    }

    /// A limit in MiB in the form of Virtualmin's options `quota` and `uquota`: 1 KiB blocks or `UNLIMITED`.
    ///
    /// # Errors
    ///
    /// [`SizeError::Zero`], because Virtualmin would read 0 as unlimited; [`SizeError::TooLarge`].
    pub fn quota_argument(self) -> Result<String, SizeError> {
        self.mib_to_blocks()?.argument("UNLIMITED")
    }

    /// A limit in MiB in the form of Virtualmin's options `bandwidth` and `bw`: bytes or `NONE`.
    ///
    /// # Errors
    ///
    /// [`SizeError::Zero`], because Virtualmin would read 0 as unlimited; [`SizeError::TooLarge`].
    pub fn bandwidth_argument(self) -> Result<String, SizeError> {
        self.mib_to_bytes()?.argument("NONE")
    }

    fn times(self, factor: u64) -> Result<Self, SizeError> {
        match self {
            Self::Unlimited => Ok(self),
            Self::AtMost(n) => n.checked_mul(factor).map(Self::AtMost).ok_or(SizeError::TooLarge),
        }
    }

    fn argument(self, unlimited: &str) -> Result<String, SizeError> {
        match self {
            Self::Unlimited => Ok(unlimited.to_owned()),
            Self::AtMost(0) => Err(SizeError::Zero),
            Self::AtMost(n) => Ok(n.to_string()),
        }
    }
}

impl FromStr for Limit {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let text = text.trim_ascii();
        if text.eq_ignore_ascii_case("unlimited") {
            return Ok(Self::Unlimited);
        }
        if text.is_empty() {
            return Err(SizeError::Empty);
        }
        if text.starts_with('-') {
            return Err(SizeError::Negative);
        }
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(SizeError::Number);
        }
        text.parse().map(Self::AtMost).map_err(|_| SizeError::TooLarge)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(n) => n.fmt(f),
            Self::Unlimited => f.pad("Unlimited"),
        }
    }
}

/// Why a text is not a limit, or a limit cannot be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// The text is empty.
    #[error("the limit is empty; give a whole number, or unlimited")]
    Empty,
    /// The number is below zero.
    #[error("the limit is negative; give a number of zero or more")]
    Negative,
    /// The text is not a whole number without sign, point or grouping.
    #[error("the limit is not a whole number; write it like 1536, or unlimited")]
    Number,
    /// The bytes do not fit into 64 bits.
    #[error("the limit is larger than 16,383 PiB; give a smaller one, or unlimited")]
    TooLarge,
    /// The limit is zero, which Virtualmin cannot represent.
    #[error(
        "Virtualmin takes a limit of zero for unlimited; give at least 1 MiB, or suspend the account"
    )]
    Zero,
}

#[cfg(test)]
mod tests;
