//! The programs for a host itself.

use crate::{
    parameter::{
        Kind::{Choice, Domain, Version, Word},
        many, one, switch,
    },
    program::{Answer, Class, Program, ReadBack},
};

/// With `search` it prints the sections whose names have one of the words, which takes a third of a second.
pub static INFO: Program = Program {
    name: "info",
    required: true,
    class: Class::Read,
    answer: Answer::Text,
    parameters: &[many("search", Word)],
    read_back: ReadBack::Nothing,
    failures: &[],
    source: "recordings 210-212; `info.pl` and `collect-lib.pl` of 8.1.0",
};

pub static LIST_COMMANDS: Program = Program {
    name: "list-commands",
    required: true,
    class: Class::Read,
    answer: Answer::Objects,
    parameters: &[],
    read_back: ReadBack::Nothing,
    failures: &[],
    source: "recording 241",
};

/// It may write settings of the panel anew.
pub static CHECK_CONFIG: Program = Program {
    name: "check-config",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[],
    read_back: ReadBack::Answer,
    failures: &[],
    source: "`check-config.pl` of 8.1.0",
};

/// Whether the web, mail and other servers of the host run.
pub static SERVICES: Program = Program {
    name: "list-server-statuses",
    required: false,
    class: Class::Read,
    answer: Answer::Objects,
    parameters: &[],
    read_back: ReadBack::Nothing,
    failures: &[],
    source: "`list-server-statuses.pl` of 8.1.0",
};

pub static RESTART_SERVICE: Program = Program {
    name: "restart-server",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[
        one("server", Choice(&["web", "dns", "mail", "ftp", "mysql", "postgres", "fpm"])),
        one("domain", Domain),
        one("version", Version),
        switch("reload"),
    ],
    read_back: ReadBack::With("list-server-statuses"),
    failures: &[],
    source: "`restart-server.pl` of 8.1.0",
};

pub(super) const ALL: &[&Program] =
    &[&INFO, &LIST_COMMANDS, &CHECK_CONFIG, &SERVICES, &RESTART_SERVICE];
