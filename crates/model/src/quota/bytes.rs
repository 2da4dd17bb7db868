//! An amount of storage or traffic, in the forms that Virtualmin prints and people write.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{MIB, SizeError, parse_whole, push_digit};

/// Fraction digits that can be read without overflow: 10^18 times 2^50 fits 128 bits.
const MAX_FRACTION: usize = 18;

/// An amount of storage or traffic.
///
/// Prints as Virtualmin does: binary units, at most two decimals, cut and not rounded, such as
/// `1.43 GiB` or `12 bytes`. Reads that and its looser relatives in any case: `1.2G`, `1,024 MB`,
/// `512 bytes`, `1536` (bytes). Units are binary whether written `GB` or `GiB`, as Webmin means them. A
/// fraction becomes the smallest whole number of bytes that prints as it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Bytes(u64);

impl Bytes {
    /// That many bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The number of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Whole mebibytes in it: rounded down, so that 1.2 GiB are 1228.
    pub const fn mib(self) -> u64 {
        self.0 / MIB
    }
}

impl FromStr for Bytes {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let text = text.trim_ascii();
        if text.is_empty() {
            return Err(SizeError::Empty);
        }
        if text.starts_with('-') {
            return Err(SizeError::Negative);
        }
        let end = text.bytes().position(|b| !(b.is_ascii_digit() || b == b',' || b == b'.'));
        let (number, unit) = text.split_at(end.unwrap_or(text.len()));
        let (whole, fraction) = match number.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (number, None),
        };
        let whole = parse_grouped(whole)?;
        let fraction = fraction.map_or(Ok((0, 1)), parse_fraction)?;
        let shift = unit_shift(unit.trim_ascii_start()).ok_or(SizeError::Unit)?;
        scale(whole, fraction, shift).map(Self)
    }
}

/// A number of digits, with commas before each group of three or none at all.
fn parse_grouped(text: &str) -> Result<u64, SizeError> {
    let (mut value, mut run, mut grouped) = (0, 0_usize, false);
    for byte in text.bytes() {
        if byte == b',' {
            if run == 0 || run > 3 || (grouped && run != 3) {
                return Err(SizeError::Number);
            }
            (run, grouped) = (0, true);
        } else {
            value = push_digit(value, byte)?;
            run += 1;
        }
    }
    if run == 0 || (grouped && run != 3) {
        return Err(SizeError::Number);
    }
    Ok(value)
}

/// The digits behind the point as numerator and denominator.
fn parse_fraction(digits: &str) -> Result<(u64, u64), SizeError> {
    if !(1..=MAX_FRACTION).contains(&digits.len()) {
        return Err(SizeError::Number);
    }
    let denominator = digits.bytes().fold(1, |power, _| power * 10);
    Ok((parse_whole(digits)?, denominator))
}

/// The power of two that a unit stands for.
fn unit_shift(unit: &str) -> Option<u32> {
    let Some(first) = unit.bytes().next() else { return Some(0) };
    let shift = match first.to_ascii_lowercase() {
        b'b' => {
            return ["b", "byte", "bytes"]
                .iter()
                .any(|it| unit.eq_ignore_ascii_case(it))
                .then_some(0);
        }
        b'k' => 10,
        b'm' => 20,
        b'g' => 30,
        b't' => 40,
        b'p' => 50,
        _ => return None,
    };
    let rest = unit.get(1..)?;
    ["", "b", "ib"].iter().any(|it| rest.eq_ignore_ascii_case(it)).then_some(shift)
}

/// `whole` and the fraction, both in the unit of `1 << shift` bytes, as bytes.
fn scale(whole: u64, (numerator, denominator): (u64, u64), shift: u32) -> Result<u64, SizeError> {
    if shift == 0 && numerator != 0 {
        return Err(SizeError::Number);
    }
    let fraction = (u128::from(numerator) << shift).div_ceil(u128::from(denominator));
    u64::try_from((u128::from(whole) << shift) + fraction).map_err(|_| SizeError::TooLarge)
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, shift) = match self.0 {
            0..0x400 => return write!(f, "{} bytes", self.0),
            0x400..0x10_0000 => ("KiB", 10),
            0x10_0000..0x4000_0000 => ("MiB", 20),
            0x4000_0000..0x100_0000_0000 => ("GiB", 30),
            0x100_0000_0000..0x4_0000_0000_0000 => ("TiB", 40),
            _ => ("PiB", 50),
        };
        let whole = self.0 >> shift;
        let hundredths = ((self.0 - (whole << shift)) * 100) >> shift;
        match (hundredths, hundredths % 10) {
            (0, _) => write!(f, "{whole} {unit}"),
            (_, 0) => write!(f, "{whole}.{} {unit}", hundredths / 10),
            _ => write!(f, "{whole}.{hundredths:02} {unit}"),
        }
    }
}
