//! Reads from `list-commands` which of our programs a host has.

use std::{borrow::Cow, collections::HashSet};

use serde::Deserialize;

use super::{program::Program, programs};

/// One program of `list-commands`.
#[derive(Debug, Deserialize)]
pub(crate) struct Listed<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

/// The programs of a host that we can call, sorted by name.
#[derive(Debug)]
pub(crate) struct ProgramList(Vec<&'static Program>);

impl ProgramList {
    /// Keeps our programs of a host's list.
    pub(crate) fn new(listed: &[Listed<'_>]) -> Self {
        let names: HashSet<&str> = listed.iter().map(|it| it.name.as_ref()).collect();
        let mut ours: Vec<_> = programs::all().filter(|it| names.contains(it.name)).collect();
        ours.sort_unstable_by_key(|it| it.name);
        Self(ours)
    }

    /// Whether the host has the program.
    pub(crate) fn has(&self, program: &Program) -> bool {
        self.0.contains(&program)
    }

    /// The names, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|program| program.name)
    }

    /// The required programs that this host lacks.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        programs::all().filter(|it| it.required && !self.has(it)).map(|it| it.name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: impl Iterator<Item = &'static str>) -> ProgramList {
        let listed: Vec<_> = names.map(|name| Listed { name: Cow::Borrowed(name) }).collect();
        ProgramList::new(&listed)
    }

    #[test]
    fn a_host_with_every_program_lacks_none() {
        let list = list(programs::all().map(|it| it.name).chain(["other"]));
        assert_eq!(list.missing(), [""; 0]);
        assert!(list.names().is_sorted());
        assert_eq!(list.names().count(), programs::all().count(), "unknown programs are left out");
    }

    #[test]
    fn a_host_is_good_with_the_required_programs_alone() {
        let required = programs::all().filter(|it| it.required);
        assert_eq!(list(required.map(|it| it.name)).missing(), [""; 0]);
    }

    #[test]
    fn a_required_program_that_is_not_listed_is_named() {
        let names = programs::all().map(|it| it.name).filter(|name| *name != "info");
        assert_eq!(list(names).missing(), ["info"]);
    }

    #[test]
    fn reads_the_names_and_nothing_else() {
        let json = r#"[{"name":"info","values":{"description":["Shows \"all\""]}},{"name":"x"}]"#;
        let listed: Vec<Listed<'_>> = serde_json::from_str(json).unwrap();
        assert_eq!(ProgramList::new(&listed).names().collect::<Vec<_>>(), ["info"]);
    }
}
