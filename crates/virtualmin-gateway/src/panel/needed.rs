//! The programs that a host must have for us to carry its accounts.

use std::borrow::Cow;

use serde::Deserialize;

use super::program::Program;

/// One program of `list-commands`.
#[derive(Debug, Deserialize)]
pub(crate) struct Listed<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

/// The programs that a host lacks.
pub(crate) fn missing(listed: &[Listed<'_>]) -> Vec<&'static str> {
    let has = |name: &str| listed.iter().any(|it| it.name == name);
    Program::ALL.into_iter().map(Program::name).filter(|it| !has(it)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(names: &[&'static str]) -> Vec<Listed<'static>> {
        names.iter().map(|it| Listed { name: Cow::Borrowed(it) }).collect()
    }

    #[test]
    fn a_host_with_every_program_lacks_none() {
        let names: Vec<_> = Program::ALL.into_iter().map(Program::name).chain(["other"]).collect();
        assert!(missing(&listed(&names)).is_empty());
    }

    #[test]
    fn a_program_that_is_not_listed_is_named() {
        let names = Program::ALL.into_iter().map(Program::name).filter(|it| *it != "info");
        let names: Vec<_> = names.collect();
        assert_eq!(missing(&listed(&names)), ["info"]);
    }

    #[test]
    fn reads_the_names_and_nothing_else() {
        let json = r#"[{"name":"info","values":{"description":["Shows \"all\""]}},{"name":"x"}]"#;
        let listed: Vec<Listed<'_>> = serde_json::from_str(json).unwrap();
        assert_eq!(missing(&listed).len(), Program::ALL.len() - 1);
    }
}
