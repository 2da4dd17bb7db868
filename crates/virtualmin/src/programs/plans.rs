//! The programs for the panel's own plans and templates.

use crate::{
    parameter::{
        Kind::{Choice, Id, Number, Setting, Text, Words},
        Parameter, many, one, switch,
    },
    program::{Answer, Class, Program, ReadBack},
    reason::Reason,
};

const MISSING: &[(&str, Reason)] = &[
    ("No plan with name * was found", Reason::Absent),
    ("No plan with ID * was found", Reason::Absent),
    ("A plan named * already exists", Reason::Exists),
];

const NO_TEMPLATE: &[(&str, Reason)] = &[
    ("No template with name * found", Reason::Absent),
    ("No template with ID * found", Reason::Absent),
];

pub static LIST: Program = Program {
    name: "list-plans",
    required: false,
    class: Class::Read,
    answer: Answer::Objects,
    parameters: &[one("name", Text), one("id", Id)],
    read_back: ReadBack::Nothing,
    failures: MISSING,
    source: "recordings 192-198; `list-plans.pl` of 8.1.0",
};

// Quotas in blocks of 1 KiB, the transfer in bytes. What is not given is unlimited.
const NAME: Parameter = one("name", Text);
const QUOTA: Parameter = one("quota", Number);
const ADMIN_QUOTA: Parameter = one("admin-quota", Number);
const MAX_MAILBOX: Parameter = one("max-mailbox", Number);
const MAX_DBS: Parameter = one("max-dbs", Number);
const MAX_DOMS: Parameter = one("max-doms", Number);
const MAX_ALIAS: Parameter = one("max-alias", Number);
const MAX_BW: Parameter = one("max-bw", Number);
const FEATURES: Parameter = one("features", Words);

pub static CREATE: Program = Program {
    name: "create-plan",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[
        NAME,
        QUOTA,
        ADMIN_QUOTA,
        MAX_MAILBOX,
        MAX_DBS,
        MAX_DOMS,
        MAX_ALIAS,
        MAX_BW,
        FEATURES,
        switch("no-features"),
    ],
    read_back: ReadBack::With("list-plans"),
    failures: &[("A plan name * already exists", Reason::Exists)],
    source: "recordings 194-197, 202; `create-plan.pl` of 8.1.0",
};

/// Without `apply`, which would change the limits of virtual servers behind our rows.
pub static MODIFY: Program = Program {
    name: "modify-plan",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[
        NAME,
        one("id", Id),
        one("new-name", Text),
        QUOTA,
        ADMIN_QUOTA,
        MAX_MAILBOX,
        MAX_DBS,
        MAX_DOMS,
        MAX_ALIAS,
        MAX_BW,
        FEATURES,
        switch("no-quota"),
        switch("no-admin-quota"),
        switch("no-max-mailbox"),
        switch("no-max-dbs"),
        switch("no-max-doms"),
        switch("no-max-alias"),
        switch("no-max-bw"),
        switch("auto-features"),
    ],
    read_back: ReadBack::With("list-plans"),
    failures: MISSING,
    source: "`modify-plan.pl` of 8.1.0",
};

pub static DELETE: Program = Program {
    name: "delete-plan",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[NAME, one("id", Id)],
    read_back: ReadBack::With("list-plans"),
    failures: MISSING,
    source: "recordings 203-204",
};

pub static LIST_TEMPLATES: Program = Program {
    name: "list-templates",
    required: false,
    class: Class::Read,
    answer: Answer::Objects,
    parameters: &[],
    read_back: ReadBack::Nothing,
    failures: &[],
    source: "recordings 205-207",
};

pub static GET_TEMPLATE: Program = Program {
    name: "get-template",
    required: false,
    class: Class::Read,
    answer: Answer::Text,
    parameters: &[NAME, one("id", Id)],
    read_back: ReadBack::Nothing,
    failures: NO_TEMPLATE,
    source: "recordings 208-211",
};

pub static CREATE_TEMPLATE: Program = Program {
    name: "create-template",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[NAME, one("clone", Id)],
    read_back: ReadBack::With("list-templates"),
    failures: &[
        ("A template with the same name already exists", Reason::Exists),
        ("The template to clone does not exist", Reason::Absent),
    ],
    source: "`create-template.pl` of 8.1.0",
};

/// Settings that are a limit or a name. Others are commands, files, or parts of the configuration of a server that runs as
/// root.
const SETTINGS: &[&str] = &[
    "aliaslimit",
    "bwlimit",
    "dbslimit",
    "defmquota",
    "dns_dmarc",
    "dns_master",
    "dns_mx",
    "dns_spf",
    "dns_ttl",
    "domslimit",
    "mailboxlimit",
    "mysql_charset",
    "mysql_collate",
];

pub static MODIFY_TEMPLATE: Program = Program {
    name: "modify-template",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("id", Id), many("setting", Choice(SETTINGS)), many("value", Setting)],
    read_back: ReadBack::With("get-template"),
    failures: NO_TEMPLATE,
    source: "`modify-template.pl` of 8.1.0; the settings as recording 208 has them",
};

pub static DELETE_TEMPLATE: Program = Program {
    name: "delete-template",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("id", Id)],
    read_back: ReadBack::With("list-templates"),
    failures: NO_TEMPLATE,
    source: "`delete-template.pl` of 8.1.0",
};

pub(super) const ALL: &[&Program] = &[
    &LIST,
    &CREATE,
    &MODIFY,
    &DELETE,
    &LIST_TEMPLATES,
    &GET_TEMPLATE,
    &CREATE_TEMPLATE,
    &MODIFY_TEMPLATE,
    &DELETE_TEMPLATE,
];
