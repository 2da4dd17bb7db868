//! The programs for the panel's own plans and templates.

use crate::{
    parameter::{
        Kind::{Id, Number, Text, Words},
        Parameter, one, switch,
    },
    program::{Answer, Class, Program, ReadBack},
    reason::Reason,
};

const MISSING: &[(&str, Reason)] = &[
    ("No plan with name * was found", Reason::Absent),
    ("No plan with ID * was found", Reason::Absent),
    ("A plan named * already exists", Reason::Exists),
];

pub static LIST: Program = Program {
    name: "list-plans",
    required: false,
    class: Class::Read,
    answer: Answer::Objects,
    parameters: &[one("name", Text), one("id", Id)],
    read_back: ReadBack::Nothing,
    failures: &[],
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
        switch("auto-features"),
        switch("apply"),
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
    failures: &[
        ("No template with name * found", Reason::Absent),
        ("No template with ID * found", Reason::Absent),
    ],
    source: "recordings 208-211",
};

pub(super) const ALL: &[&Program] =
    &[&LIST, &CREATE, &MODIFY, &DELETE, &LIST_TEMPLATES, &GET_TEMPLATE];
