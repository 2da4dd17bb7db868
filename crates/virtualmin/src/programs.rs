//! The allow-list of remote programs, with the parameters of each: one table, in rooms by noun.
//!
//! This table is the real protection: the gateway's account on the panel is root in effect. Names and parameters are those of
//! Virtualmin 8.1.0. What can run a command, read a file of the host or skip a warning is in none of its rows.

#![expect(missing_docs, reason = "each program says in its entry what it is")]

pub mod aliases;
pub mod backups;
pub mod certificates;
pub mod databases;
pub mod dns;
pub mod domains;
pub mod hosts;
pub mod mailboxes;
pub mod php;
pub mod plans;

use crate::program::Program;

const ROOMS: [&[&Program]; 10] = [
    domains::ALL,
    mailboxes::ALL,
    aliases::ALL,
    databases::ALL,
    dns::ALL,
    certificates::ALL,
    php::ALL,
    plans::ALL,
    backups::ALL,
    hosts::ALL,
];

/// Every program.
pub fn all() -> impl Iterator<Item = &'static Program> {
    ROOMS.iter().flat_map(|room| room.iter().copied())
}

/// The program of this name; `None` if it is not on the list.
pub fn named(name: &str) -> Option<&'static Program> {
    all().find(|it| it.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::program::{Answer, ReadBack};

    #[test]
    fn every_program_and_every_parameter_stands_there_once() {
        let names: BTreeSet<_> = all().map(|it| it.name).collect();
        assert_eq!(names.len(), all().count());
        for program in all() {
            let flags: BTreeSet<_> = program.parameters.iter().map(|it| it.flag).collect();
            assert_eq!(flags.len(), program.parameters.len(), "{}", program.name);
            assert!(!program.source.is_empty(), "{}", program.name);
        }
    }

    #[test]
    fn a_program_that_reads_gets_no_parameter_that_could_change_anything() {
        for program in all().filter(|it| !it.mutates()) {
            for flag in ["pass", "quota", "protected", "unprotected", "desc", "dest", "apply"] {
                assert_eq!(program.parameter(flag), None, "{} {flag}", program.name);
            }
            assert_eq!(program.read_back, ReadBack::Nothing, "{}", program.name);
            assert!(program.parameters.iter().all(|it| !it.kind.is_secret()), "{}", program.name);
        }
    }

    #[test]
    fn every_change_is_read_back_by_a_program_that_reads() {
        for program in all().filter(|it| it.mutates()) {
            match program.read_back {
                ReadBack::With(name) => {
                    let reader = named(name).expect(program.name);
                    assert!(!reader.mutates(), "{}", program.name);
                }
                ReadBack::Answer => {
                    assert!(["check-config", "create-login-link"].contains(&program.name));
                }
                ReadBack::Nothing => panic!("{}", program.name),
            }
        }
    }

    #[test]
    fn nothing_that_runs_a_command_or_reads_a_file_or_skips_a_check_is_allowed() {
        for program in all() {
            for flag in [
                "pre-command",
                "post-command",
                "passfile",
                "encpass",
                "shell",
                "template",
                "program",
                "skip-warnings",
                "force",
                "home",
                "json",
                "xml",
                "perl",
                "multiline",
                "help",
            ] {
                assert_eq!(program.parameter(flag), None, "{} {flag}", program.name);
            }
        }
    }

    #[test]
    fn only_a_cheap_listing_is_asked_of_what_prints_objects() {
        for program in all().filter(|it| it.parameter("simple-multiline").is_some()) {
            assert!(matches!(program.answer, Answer::Objects | Answer::Data), "{}", program.name);
        }
    }
}
