//! The faults of a configuration, each with its key and its remedy.

use std::fmt;

/// One fault of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The full key, as in `database.url`.
    pub key: String,
    /// The fault, such as `is missing`; never the value.
    pub what: String,
    /// The instruction that corrects it.
    pub remedy: String,
}

impl Fault {
    pub(super) fn new(key: &str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { key: key.to_owned(), what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.key, self.what, self.remedy)
    }
}

/// All faults of a configuration, printed one a line.
#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<Fault>,
}

impl Faults {
    /// Whether the configuration has no faults.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The faults, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.list.iter()
    }

    /// Adds a fault, unless its key or an enclosing section already has one.
    pub(super) fn push(&mut self, fault: Fault) {
        if !self.list.iter().any(|known| within(&fault.key, &known.key)) {
            self.list.push(fault);
        }
    }

    pub(super) fn sorted(mut self) -> Self {
        self.list.sort_by(|a, b| a.key.cmp(&b.key));
        self
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.list.iter().enumerate() {
            let line = if index == 0 { "" } else { "\n" };
            write!(f, "{line}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// Whether `key` is `outer` or lies inside it.
fn within(key: &str, outer: &str) -> bool {
    key.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_one_fault_for_each_key() {
        let mut faults = Faults::default();
        faults.push(Fault::new("database.url", "is missing", "set it"));
        faults.push(Fault::new("database.url", "is not a URL", "correct it"));
        faults.push(Fault::new("database.urls", "is unknown", "remove it"));
        let lines = faults.to_string();
        assert_eq!(lines, "database.url: is missing; set it\ndatabase.urls: is unknown; remove it");
    }
}
