//! The programs for backups of virtual servers.

use crate::{
    parameter::{
        Kind::{Date, Destination, Domain, Id, Schedule, Word},
        Parameter, many, one, switch,
    },
    program::{Answer, Class, Program, ReadBack},
    reason::Reason,
};

const FEATURE: Parameter = many("feature", Word);
const ALL_FEATURES: Parameter = switch("all-features");
const NEW_FORMAT: Parameter = switch("newformat");
const MKDIR: Parameter = switch("mkdir");

pub static BACK_UP: Program = Program {
    name: "backup-domain",
    required: false,
    class: Class::Long,
    answer: Answer::Text,
    parameters: &[
        many("domain", Domain),
        // An address may have a login in it.
        one("dest", Destination),
        FEATURE,
        ALL_FEATURES,
        NEW_FORMAT,
        MKDIR,
    ],
    read_back: ReadBack::With("list-backup-logs"),
    failures: &[],
    source: "recordings 231-236",
};

/// It says success even of a virtual server that is not in the archive (239).
pub static RESTORE: Program = Program {
    name: "restore-domain",
    required: false,
    class: Class::Long,
    answer: Answer::Text,
    parameters: &[
        many("domain", Domain),
        one("source", Destination),
        FEATURE,
        ALL_FEATURES,
        switch("only-existing"),
        switch("only-missing"),
    ],
    read_back: ReadBack::With("list-domains"),
    failures: &[("Restore file * does not exist", Reason::Absent)],
    source: "recordings 237-239",
};

pub static LOGS: Program = Program {
    name: "list-backup-logs",
    required: false,
    class: Class::Read,
    answer: Answer::Objects,
    parameters: &[
        one("domain", Domain),
        one("start", Date),
        one("end", Date),
        switch("failed"),
        switch("succeeded"),
    ],
    read_back: ReadBack::Nothing,
    failures: &[],
    source: "`list-backup-logs.pl` of 8.1.0",
};

pub static LIST_SCHEDULED: Program = Program {
    name: "list-scheduled-backups",
    required: false,
    class: Class::Read,
    answer: Answer::Objects,
    // With a domain it lists those that the domain's owner made.
    parameters: &[one("domain", Domain)],
    read_back: ReadBack::Nothing,
    failures: &[],
    source: "`list-scheduled-backups.pl` of 8.1.0",
};

pub static SCHEDULE: Program = Program {
    name: "create-scheduled-backup",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[
        many("domain", Domain),
        switch("all-domains"),
        one("dest", Destination),
        FEATURE,
        ALL_FEATURES,
        NEW_FORMAT,
        MKDIR,
        one("schedule", Schedule),
        switch("disabled"),
    ],
    read_back: ReadBack::With("list-scheduled-backups"),
    failures: &[],
    source: "`create-scheduled-backup.pl` of 8.1.0",
};

pub static SWITCH_SCHEDULED: Program = Program {
    name: "modify-scheduled-backup",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("id", Id), switch("enable"), switch("disable")],
    read_back: ReadBack::With("list-scheduled-backups"),
    failures: &[("No scheduled backup with ID * found", Reason::Absent)],
    source: "`modify-scheduled-backup.pl` of 8.1.0, which does not take `multiline`",
};

pub static DELETE_SCHEDULED: Program = Program {
    name: "delete-scheduled-backup",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("id", Id)],
    read_back: ReadBack::With("list-scheduled-backups"),
    failures: &[("No backup with ID * exists", Reason::Absent)],
    source: "`delete-scheduled-backup.pl` of 8.1.0",
};

pub(super) const ALL: &[&Program] =
    &[&BACK_UP, &RESTORE, &LOGS, &LIST_SCHEDULED, &SCHEDULE, &SWITCH_SCHEDULED, &DELETE_SCHEDULED];
