//! The programs for mail aliases.

use crate::{
    parameter::{
        Kind::{Address, Choice, Domain, LocalPart, LocalPartOrAll, Text},
        many, one,
    },
    program::{Answer, Class, Program, ReadBack},
    reason::Reason,
};

const TAKEN: (&str, Reason) =
    ("An alias for the same email address already exists", Reason::Exists);

const NO_MAIL: (&str, Reason) =
    ("Virtual server * does not have email enabled", Reason::NotOffered);

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
        one("from", LocalPart),
        many("to", Address),
        one("desc", Text),
    ],
    read_back: ReadBack::With("list-aliases"),
    failures: &[TAKEN, NO_MAIL],
    source: "recordings 159-162",
};

/// The same for a catch-all, which `create-alias` refuses although its usage offers it (`valid_alias_name` of 8.1.0).
pub static CREATE_CATCH_ALL: Program = Program {
    name: "create-simple-alias",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("domain", Domain), one("from", Choice(&["*"])), many("forward", Address)],
    read_back: ReadBack::With("list-aliases"),
    failures: &[TAKEN, NO_MAIL],
    source: "`create-simple-alias.pl` of 8.1.0",
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

pub(super) const ALL: &[&Program] = &[&LIST, &CREATE, &CREATE_CATCH_ALL, &DELETE];
