//! Converts columns to values of `model`, and values of `model` to columns.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Error, Result};

/// Reads the stable name of a `model` enum.
pub(crate) fn word<T: DeserializeOwned>(column: &str, text: String) -> Result<T> {
    plain(column, text.into())
}

/// Reads a type that has a text form of its own, such as a domain name.
pub(crate) fn parsed<T: FromStr<Err: fmt::Display>>(column: &str, text: &str) -> Result<T> {
    text.parse().map_err(|error| Error::Unreadable(format!("{column}: {error}")))
}

/// Reads plain data that is kept as a document of JSON.
pub(crate) fn plain<T: DeserializeOwned>(column: &str, document: Value) -> Result<T> {
    serde_json::from_value(document)
        .map_err(|error| Error::Unreadable(format!("{column}: {error}")))
}

/// Reads a number that is never negative.
pub(crate) fn count<T: fmt::Display + Copy>(column: &str, number: T) -> Result<u32>
where
    u32: TryFrom<T>,
{
    number.try_into().map_err(|_| Error::Unreadable(format!("{column}: {number}")))
}

/// Reads seconds. A negative number, as after a clock was set back, becomes zero.
pub(crate) fn seconds(number: f64) -> Duration {
    Duration::try_from_secs_f64(number).unwrap_or_default()
}

/// Writes a number to a column of 31 bits.
pub(crate) fn integer(column: &str, number: u32) -> Result<i32> {
    i32::try_from(number).map_err(|_| Error::Refused {
        constraint: column.to_owned(),
        message: format!("{column} is {number}, the greatest possible is {}", i32::MAX),
    })
}

/// Writes plain data as a document of JSON.
pub(crate) fn document<T: Serialize + ?Sized>(column: &str, data: &T) -> Result<Value> {
    serde_json::to_value(data).map_err(|error| Error::Internal(format!("{column}: {error}")))
}
