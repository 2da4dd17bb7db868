//! One pass over a configuration: each key is read once, and everything wrong with it is noted.

use std::{fmt::Display, ops::RangeInclusive};

use config::{Map, Value, ValueKind};
use serde::de::DeserializeOwned;

use super::{Fault, Faults, value};

/// A part of a configuration that has keys.
pub trait Section: Sized {
    /// Reads every key, each with what stands in for it where it is missing or wrong.
    fn read(keys: &mut Keys<'_>) -> Self;
}

/// The keys of one section while it is read.
///
/// A value that is wrong becomes a fault, and something stands in for it so that the other keys are read as well. A
/// configuration with faults is never used.
pub struct Keys<'a> {
    /// Where the section is, as in `database`; empty for the whole.
    path: String,
    table: Map<String, Value>,
    known: Vec<&'static str>,
    faults: &'a mut Faults,
}

impl<'a> Keys<'a> {
    /// Reads a section and refuses the keys that it did not ask for.
    pub(super) fn read<S: Section>(
        path: String,
        table: Map<String, Value>,
        faults: &'a mut Faults,
    ) -> S {
        let mut keys = Self { path, table, known: Vec::new(), faults };
        let section = S::read(&mut keys);
        let remedy = format!("remove it, or correct it to one of: {}", keys.known.join(", "));
        for (key, value) in std::mem::take(&mut keys.table) {
            let path = keys.path_of(&key);
            let what = format!("is not known{}", source(&path, &value));
            keys.faults.push(Fault::new(&path, what, &remedy));
        }
        section
    }

    /// The value of a key that must be set. `stand_in` is never used but to read on.
    pub fn required<T: DeserializeOwned>(&mut self, key: &'static str, stand_in: T) -> T {
        if !self.table.contains_key(key) {
            let variable = variable(&self.path_of(key));
            let remedy = format!("set it in the configuration file or as {variable}");
            self.refuse(key, "is missing", remedy);
        }
        self.or(key, stand_in)
    }

    /// The value of a key that may be left out.
    pub fn optional<T: DeserializeOwned>(&mut self, key: &'static str) -> Option<T> {
        let value = self.take(key)?;
        let path = self.path_of(key);
        let source = source(&path, &value);
        match value::read(value) {
            Ok(value) => Some(value),
            Err(what) => {
                let remedy = format!("correct it there or set {}", variable(&path));
                self.refuse(key, format!("{what}{source}"), remedy);
                None
            }
        }
    }

    /// The value of a key, or its default.
    pub fn or<T: DeserializeOwned>(&mut self, key: &'static str, default: T) -> T {
        self.optional(key).unwrap_or(default)
    }

    /// The same for a number, which must lie in `range`.
    pub fn number<T>(&mut self, key: &'static str, default: T, range: RangeInclusive<T>) -> T
    where
        T: DeserializeOwned + Display + PartialOrd + Copy,
    {
        let number = self.or(key, default);
        if !range.contains(&number) {
            let what = format!("is not {} to {}", range.start(), range.end());
            self.refuse(key, what, format!("{default} suits most"));
        }
        number
    }

    /// A part with keys of its own. One that is left out is read like an empty one.
    pub fn section<S: Section>(&mut self, key: &'static str) -> S {
        let path = self.path_of(key);
        let value =
            self.take(key).unwrap_or_else(|| Value::new(None, ValueKind::Table(Map::new())));
        let source = source(&path, &value);
        let table = value.into_table().unwrap_or_else(|_| {
            self.refuse(key, format!("is not a section{source}"), "give its keys one by one");
            Map::new()
        });
        Keys::read(path, table, self.faults)
    }

    /// A part with keys of its own that may be left out.
    pub fn optional_section<S: Section>(&mut self, key: &'static str) -> Option<S> {
        if self.table.contains_key(key) {
            return Some(self.section(key));
        }
        self.known.push(key);
        None
    }

    /// Notes what is wrong with a key, unless it or its section is known to be wrong already.
    pub fn refuse(&mut self, key: &str, what: impl Into<String>, remedy: impl Into<String>) {
        self.faults.push(Fault::new(&self.path_of(key), what, remedy));
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.table.remove(key)
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// The variable that sets the key at `path`.
fn variable(path: &str) -> String {
    format!("PRAHO__{}", path.replace('.', "__").to_uppercase())
}

/// Where a value was written.
fn source(path: &str, value: &Value) -> String {
    if value::is_variable(value) {
        return format!(" (in {})", variable(path));
    }
    value.origin().map(|file| format!(" (in {file})")).unwrap_or_default()
}
