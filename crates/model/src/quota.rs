//! Sizes and limits of storage and traffic: read from Virtualmin, and told to it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

mod bytes;

pub use bytes::Bytes;

/// Quota blocks in a mebibyte: Virtualmin counts blocks of 1 KiB on Linux.
const BLOCKS_IN_MIB: u64 = 1 << 10;
/// Bytes in a mebibyte.
const MIB: u64 = 1 << 20;

/// A ceiling, counted in the unit that the field which holds it names, such as `disk_mib`.
///
/// Zero means nothing at all, and is not [`Limit::Unlimited`]; a limit that is not known is an error
/// or an `Option`, never one of these. Reads and prints as a whole number, or as `Unlimited`: the form
/// of Virtualmin's limit fields, whether they count 1 KiB blocks (`server_block_quota`), bytes
/// (`bandwidth_byte_limit`) or things (`maximum_mailboxes`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// This many and no more.
    AtMost(u64),
    /// No ceiling. Greater than any other limit.
    Unlimited,
}

impl Limit {
    /// A limit in MiB as one in 1 KiB blocks, Virtualmin's unit of quotas.
    ///
    /// # Errors
    ///
    /// [`SizeError::TooLarge`] if its bytes pass 64 bits.
    pub fn mib_to_blocks(self) -> Result<Self, SizeError> {
        self.mib_to_bytes()?;
        self.times(BLOCKS_IN_MIB)
    }

    /// A limit in MiB as one in bytes, Virtualmin's unit of bandwidth.
    ///
    /// # Errors
    ///
    /// [`SizeError::TooLarge`] if they pass 64 bits.
    pub fn mib_to_bytes(self) -> Result<Self, SizeError> {
        self.times(MIB)
    }

    /// A limit in MiB as Virtualmin's `quota` and `uquota` options take it: 1 KiB blocks or `UNLIMITED`.
    ///
    /// # Errors
    ///
    /// [`SizeError::Zero`], since Virtualmin would take 0 for unlimited; [`SizeError::TooLarge`].
    pub fn quota_argument(self) -> Result<String, SizeError> {
        self.mib_to_blocks()?.argument("UNLIMITED")
    }

    /// A limit in MiB as Virtualmin's `bandwidth` and `bw` options take it: bytes or `NONE`.
    ///
    /// # Errors
    ///
    /// [`SizeError::Zero`], since Virtualmin would take 0 for unlimited; [`SizeError::TooLarge`].
    pub fn bandwidth_argument(self) -> Result<String, SizeError> {
        self.mib_to_bytes()?.argument("NONE")
    }

    /// Reads a size in any form that [`Bytes`] reads, or `Unlimited`, as a limit in bytes.
    ///
    /// # Errors
    ///
    /// [`SizeError`] if it is neither.
    pub fn parse_size(text: &str) -> Result<Self, SizeError> {
        if is_unlimited(text) {
            return Ok(Self::Unlimited);
        }
        text.parse::<Bytes>().map(|bytes| Self::AtMost(bytes.get()))
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
        if is_unlimited(text) { Ok(Self::Unlimited) } else { parse_whole(text).map(Self::AtMost) }
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

/// Why a text is not a size, or a limit cannot be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// There is no text.
    #[error("the size is empty; give a number with a unit, such as 512 MiB")]
    Empty,
    /// It is below zero.
    #[error("the size is negative; give a number of zero or more")]
    Negative,
    /// The number is malformed, or there is none.
    #[error(
        "the size is not a number; write it like 1536, 1,536 or 1.5 with a unit, such as 1.5 GiB"
    )]
    Number,
    /// What follows the number is not a unit.
    #[error("what follows the number is not a unit of size; use bytes, KiB, MiB, GiB, TiB or PiB")]
    Unit,
    /// More than 64 bits of bytes.
    #[error("the size is larger than 16,383 PiB; give a smaller one, or unlimited")]
    TooLarge,
    /// A limit of nothing, which Virtualmin cannot hold.
    #[error(
        "Virtualmin takes a limit of zero for unlimited; give at least 1 MiB, or suspend the account"
    )]
    Zero,
}

fn is_unlimited(text: &str) -> bool {
    text.trim_ascii().eq_ignore_ascii_case("unlimited")
}

/// A whole number without sign, point or grouping.
fn parse_whole(text: &str) -> Result<u64, SizeError> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Err(SizeError::Empty);
    }
    if text.starts_with('-') {
        return Err(SizeError::Negative);
    }
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(SizeError::Number);
    }
    text.bytes().try_fold(0, push_digit)
}

fn push_digit(value: u64, digit: u8) -> Result<u64, SizeError> {
    value
        .checked_mul(10)
        .and_then(|value| value.checked_add(u64::from(digit - b'0')))
        .ok_or(SizeError::TooLarge)
}

#[cfg(test)]
mod tests;
