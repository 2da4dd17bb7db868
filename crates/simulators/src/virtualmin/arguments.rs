//! A program's argument list, read from left to right as Virtualmin's programs read it.
//!
//! A flag with a value takes the next argument, whatever that is, so an empty parameter swallows the flag after it.

use std::collections::VecDeque;

use super::outcome::Failure;

/// The rest of an argument list.
#[derive(Debug)]
pub(super) struct Arguments(VecDeque<String>);

impl Arguments {
    pub(super) fn new(arguments: Vec<String>) -> Self {
        Self(arguments.into())
    }

    /// Takes the next argument.
    pub(super) fn next(&mut self) -> Option<String> {
        self.0.pop_front()
    }

    /// Takes the value of the last flag; empty at the end of the list, like an undefined value in Perl.
    pub(super) fn value(&mut self) -> String {
        self.next().unwrap_or_default()
    }

    /// As [`value`](Self::value), in lower case.
    pub(super) fn lower(&mut self) -> String {
        self.value().to_lowercase()
    }

    /// Takes the next argument unless it looks like a flag (`--alias` of `list-domains` looks ahead).
    pub(super) fn value_unless_flag(&mut self) -> Option<String> {
        if self.0.front().is_none_or(|next| next.starts_with('-')) { None } else { self.next() }
    }

    /// Takes every argument that is `flag`, wherever it stands; returns whether there was one.
    pub(super) fn extract(&mut self, flag: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|argument| argument != flag);
        self.0.len() < before
    }

    /// The failure for an argument that the program does not know.
    pub(super) fn refuse<T>(argument: &str) -> Result<T, Failure> {
        match argument {
            "--help" => Err(Failure::Help),
            other => Err(Failure::Usage(format!("Unknown parameter {other}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_taken_whatever_it_looks_like() {
        let mut arguments = Arguments::new(vec!["--domain".into(), "--pass".into()]);
        assert_eq!(arguments.next().unwrap(), "--domain");
        assert_eq!(arguments.value(), "--pass");
        assert_eq!(arguments.value(), "");
    }
}
