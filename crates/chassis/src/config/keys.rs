//! Reads each key of a configuration once, and records the faults.

use std::{fmt::Display, net::IpAddr, ops::RangeInclusive};

use config::{Map, Value, ValueKind};
use ipnet::IpNet;
use serde::de::DeserializeOwned;

use super::{Fault, Faults, Source, value};

/// A part of a configuration that has keys.
pub trait Section: Sized {
    /// How variables begin that operators have from before, and how they begin today.
    const OLDER_NAMES: &'static [(&'static str, &'static str)] = &[];

    /// Reads every key. A missing or wrong one gets a stand-in value.
    fn read(keys: &mut Keys<'_>) -> Self;
}

/// The keys of one section while it is being read.
///
/// A wrong value becomes a fault, and a stand-in takes its place so that the other keys are read too. A
/// configuration with faults is never used.
pub struct Keys<'a> {
    /// The path of the section, as in `database`; empty for the whole configuration.
    path: String,
    table: Map<String, Value>,
    known: Vec<&'static str>,
    source: &'a Source,
    faults: &'a mut Faults,
}

impl<'a> Keys<'a> {
    /// Reads a whole configuration, and refuses the keys that it does not know.
    pub(super) fn read_whole<S: Section>(
        source: &'a Source,
        table: Map<String, Value>,
        faults: &'a mut Faults,
    ) -> S {
        Self::read(source, String::new(), table, faults)
    }

    fn read<S: Section>(
        source: &'a Source,
        path: String,
        table: Map<String, Value>,
        faults: &'a mut Faults,
    ) -> S {
        let mut keys = Self { path, table, known: Vec::new(), source, faults };
        let section = S::read(&mut keys);
        let remedy = format!("remove it, or correct it to one of: {}", keys.known.join(", "));
        for (key, value) in std::mem::take(&mut keys.table) {
            let path = keys.path_of(&key);
            let what = format!("is not known{}", origin(&path, &value));
            keys.faults.push(Fault::new(&path, what, &remedy));
        }
        section
    }

    /// The value of a key that must be set. `stand_in` only lets the reading continue after a fault.
    pub fn required<T: DeserializeOwned>(&mut self, key: &'static str, stand_in: T) -> T {
        if !self.table.contains_key(key) {
            let variable = variable(&self.path_of(key));
            let remedy = format!("set it in the configuration file or as {variable}");
            self.refuse(key, "is missing", remedy);
        }
        self.or(key, stand_in)
    }

    /// The value of a key that may be missing.
    pub fn optional<T: DeserializeOwned>(&mut self, key: &'static str) -> Option<T> {
        let value = self.take(key)?;
        let path = self.path_of(key);
        let origin = origin(&path, &value);
        match value::read(value) {
            Ok(value) => Some(value),
            Err(what) => {
                let remedy = format!("correct it there or set {}", variable(&path));
                self.refuse(key, format!("{what}{origin}"), remedy);
                None
            }
        }
    }

    /// The value of a key, or `default` if the key is missing.
    pub fn or<T: DeserializeOwned>(&mut self, key: &'static str, default: T) -> T {
        self.optional(key).unwrap_or(default)
    }

    /// As [`or`](Self::or), for a number that must lie in `range`.
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

    /// A list of networks such as `10.0.0.0/8`, and of single addresses; empty if the key is missing.
    pub fn networks(&mut self, key: &'static str) -> Vec<IpNet> {
        let texts: Vec<String> = self.or(key, Vec::new());
        let mut networks = Vec::new();
        for (text, number) in texts.iter().zip(1..) {
            let alone = || text.parse::<IpAddr>().ok().map(IpNet::from);
            match text.parse().ok().or_else(alone) {
                Some(network) => networks.push(network),
                None => {
                    let what = format!("entry {number} is neither a network nor an address");
                    self.refuse(key, what, "write it like 10.0.0.0/8, fd12:3456::/32 or 192.0.2.7");
                }
            }
        }
        networks
    }

    /// A nested section. A missing one is read like an empty one.
    pub fn section<S: Section>(&mut self, key: &'static str) -> S {
        let path = self.path_of(key);
        let value =
            self.take(key).unwrap_or_else(|| Value::new(None, ValueKind::Table(Map::new())));
        let origin = origin(&path, &value);
        let table = value.into_table().unwrap_or_else(|_| {
            self.refuse(key, format!("is not a section{origin}"), "give its keys one by one");
            Map::new()
        });
        Keys::read(self.source, path, table, self.faults)
    }

    /// A nested section that may be missing.
    pub fn optional_section<S: Section>(&mut self, key: &'static str) -> Option<S> {
        if self.table.contains_key(key) {
            return Some(self.section(key));
        }
        self.known.push(key);
        None
    }

    /// Where the configuration comes from, to read it again.
    pub fn source(&self) -> Source {
        self.source.clone()
    }

    /// Records a fault of a key, unless the key or an enclosing section already has one.
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

/// The name of the variable that sets the key at `path`.
fn variable(path: &str) -> String {
    format!("PRAHO__{}", path.replace('.', "__").to_uppercase())
}

/// The source of a value, as the end of a message: a variable or a file.
fn origin(path: &str, value: &Value) -> String {
    if value::is_variable(value) {
        return format!(" (in {})", variable(path));
    }
    value.origin().map(|file| format!(" (in {file})")).unwrap_or_default()
}
