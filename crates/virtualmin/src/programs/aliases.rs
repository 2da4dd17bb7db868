//! The programs for mail aliases.

use crate::{
    parameter::{
        Kind::{Address, Domain, LocalPartOrAll, Text},
        many, one,
    },
    program::{Answer, Class, Program, ReadBack},
    reason::Reason,
};

pub static LIST: Program = Program {
    name: "list-aliases",
    required: false,
    class: Class::Read,
    answer: Answer::Objects,
    parameters: &[many("domain", Domain)],
    read_back: ReadBack::Nothing,
    failures: &[],
    source: "recordings 163-165",
};

pub static CREATE: Program = Program {
    name: "create-alias",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[
        one("domain", Domain),
        one("from", LocalPartOrAll),
        many("to", Address),
        one("desc", Text),
    ],
    read_back: ReadBack::With("list-aliases"),
    failures: &[("An alias for the same email address already exists", Reason::Exists)],
    source: "recordings 159-162",
};

pub static DELETE: Program = Program {
    name: "delete-alias",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("domain", Domain), one("from", LocalPartOrAll)],
    read_back: ReadBack::With("list-aliases"),
    failures: &[("No alias for the email address * exists", Reason::Absent)],
    source: "recordings 166-167",
};

pub(super) const ALL: &[&Program] = &[&LIST, &CREATE, &DELETE];
