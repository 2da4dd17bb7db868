//! The tables as sea-orm knows them, and how their columns become words of `model`.
//!
//! Sealed columns are in none of them: who needs one reads it with a statement of its own, so that it
//! is neither fetched nor printed by the way.

pub(crate) mod account;
pub(crate) mod dns_server;
pub(crate) mod plan;
pub(crate) mod server;
pub(crate) mod service;

use std::{fmt, str::FromStr};

use serde::de::DeserializeOwned;

use crate::{Error, Result, jobs::read_json};

/// Reads the stable name of a `model` enum.
pub(crate) fn word<T: DeserializeOwned>(column: &str, text: String) -> Result<T> {
    read_json(column, text.into())
}

/// Reads what has a text form of its own, such as a domain name.
pub(crate) fn parsed<T: FromStr<Err: fmt::Display>>(column: &str, text: &str) -> Result<T> {
    text.parse().map_err(|error| Error::Unreadable(format!("{column}: {error}")))
}

/// Reads a number that is never negative.
pub(crate) fn count(column: &str, number: i32) -> Result<u32> {
    u32::try_from(number).map_err(|_| Error::Unreadable(format!("{column}: {number}")))
}

/// Writes a number where the database has room for 31 bits.
pub(crate) fn integer(column: &str, number: u32) -> Result<i32> {
    i32::try_from(number).map_err(|_| Error::Refused {
        constraint: column.to_owned(),
        message: format!("{column} is {number}, the greatest possible is {}", i32::MAX),
    })
}

/// Writes plain data as a document of JSON.
pub(crate) fn document<T: serde::Serialize>(column: &str, data: &T) -> Result<serde_json::Value> {
    serde_json::to_value(data).map_err(|error| Error::Internal(format!("{column}: {error}")))
}
