//! The list of all that is wrong with a configuration, each with its key and what to do.

use std::fmt;

use super::Validate;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, as in `database.url`.
    pub key: String,
    /// What is wrong; never the value.
    pub what: String,
    /// What to do.
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

/// All that is wrong, one line each when printed.
#[derive(Debug, Default)]
pub struct Faults {
    section: Vec<&'static str>,
    list: Vec<Fault>,
}

impl Faults {
    /// Adds a fault of `key` in the current section, unless that key is known to be wrong already.
    pub fn add(&mut self, key: &str, what: impl Into<String>, remedy: impl Into<String>) {
        let path: Vec<&str> = self.section.iter().copied().chain([key]).collect();
        self.push(Fault::new(&path.join("."), what, remedy));
    }

    /// Validates a part of the configuration as the section `name`.
    pub fn section(&mut self, name: &'static str, part: &impl Validate) {
        self.section.push(name);
        part.validate(self);
        self.section.pop();
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The faults, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.list.iter()
    }

    pub(super) fn push(&mut self, fault: Fault) {
        if !self.list.iter().any(|known| within(&fault.key, &known.key)) {
            self.list.push(fault);
        }
    }

    /// Takes back the fault of `key`.
    pub(super) fn forget(&mut self, key: &str) {
        self.list.retain(|fault| fault.key != key);
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

/// Whether `key` is `outer` or something inside of it.
fn within(key: &str, outer: &str) -> bool {
    key.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_one_fault_for_each_key() {
        let mut faults = Faults::default();
        faults.add("database.url", "is missing", "set it");
        faults.add("database.url", "is not a URL", "correct it");
        faults.add("database.urls", "is unknown", "remove it");
        let lines = faults.to_string();
        assert_eq!(lines, "database.url: is missing; set it\ndatabase.urls: is unknown; remove it");
    }
}
