//! A program's argument list, taken from left to right as Virtualmin's programs do.
//!
//! A flag that wants a value takes the next argument whatever it looks like, so an empty parameter
//! swallows the flag after it.

use std::collections::VecDeque;

use super::outcome::Failure;

/// What is left of an argument list.
#[derive(Debug)]
pub(super) struct Arguments(VecDeque<String>);

impl Arguments {
    /// All of `arguments`, none taken yet.
    pub(super) fn new(arguments: Vec<String>) -> Self {
        Self(arguments.into())
    }

    /// The next argument.
    pub(super) fn next(&mut self) -> Option<String> {
        self.0.pop_front()
    }

    /// The value of the flag just taken; empty at the end of the list, as an undefined value in Perl.
    pub(super) fn value(&mut self) -> String {
        self.next().unwrap_or_default()
    }

    /// As [`value`](Self::value), lower-cased.
    pub(super) fn lower(&mut self) -> String {
        self.value().to_lowercase()
    }

    /// The next argument unless it looks like a flag (`--alias` of `list-domains` looks ahead).
    pub(super) fn value_unless_flag(&mut self) -> Option<String> {
        if self.0.front().is_none_or(|next| next.starts_with('-')) { None } else { self.next() }
    }

    /// What a program answers to an argument it does not know.
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
