//! The programs for mailboxes, which Virtualmin calls users.

use crate::{
    parameter::{
        Kind::{Address, Database, Domain, LocalPart, Number, Secret, Text},
        many, one, switch,
    },
    program::{Answer, Class, Program, ReadBack},
    reason::Reason,
};

const MISSING: (&str, Reason) = ("No user named * was found in the server *", Reason::Absent);

pub static LIST: Program = Program {
    name: "list-users",
    required: false,
    class: Class::Read,
    answer: Answer::Objects,
    parameters: &[
        many("domain", Domain),
        many("user", LocalPart),
        switch("all-domains"),
        switch("include-owner"),
        switch("simple-aliases"),
    ],
    read_back: ReadBack::Nothing,
    failures: &[],
    source: "recordings 145-152",
};

pub static CREATE: Program = Program {
    name: "create-user",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[
        one("domain", Domain),
        one("user", LocalPart),
        one("pass", Secret),
        one("real", Text),
        // In blocks of 1 KiB; 0 is unlimited.
        one("quota", Number),
        one("mail-quota", Number),
        many("extra", Address),
        many("mysql", Database),
        switch("noemail"),
        switch("no-creation-mail"),
        switch("ftp"),
    ],
    read_back: ReadBack::With("list-users"),
    failures: &[(
        "A user or mail alias with the same name and domain already exists",
        Reason::Exists,
    )],
    source: "recordings 138-144, 347",
};

pub static MODIFY: Program = Program {
    name: "modify-user",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[
        one("domain", Domain),
        one("user", LocalPart),
        one("pass", Secret),
        one("real", Text),
        one("quota", Number),
        one("mail-quota", Number),
        one("newuser", LocalPart),
        switch("enable"),
        switch("disable"),
        switch("enable-email"),
        switch("disable-email"),
        many("add-email", Address),
        many("remove-email", Address),
        many("add-forward", Address),
        many("del-forward", Address),
        switch("local"),
        switch("no-local"),
        one("autoreply", Text),
        switch("no-autoreply"),
    ],
    read_back: ReadBack::With("list-users"),
    failures: &[MISSING],
    source: "recordings 153-157; `modify-user.pl` of 8.1.0",
};

pub static DELETE: Program = Program {
    name: "delete-user",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("domain", Domain), one("user", LocalPart)],
    read_back: ReadBack::With("list-users"),
    failures: &[MISSING],
    source: "recordings 158, 168",
};

pub(super) const ALL: &[&Program] = &[&LIST, &CREATE, &MODIFY, &DELETE];
