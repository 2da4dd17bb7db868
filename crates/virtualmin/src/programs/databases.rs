//! The programs for databases and their logins.

use crate::{
    parameter::{
        Kind::{Choice, Database, Domain, Secret},
        many, one,
    },
    program::{Answer, Class, Program, ReadBack},
    reason::Reason,
};

const TYPE: crate::parameter::Parameter = one("type", Choice(&["mysql", "postgres"]));

const NOT_ENABLED: (&str, Reason) =
    ("The specified database type is not enabled in this virtual server", Reason::NotOffered);

pub static LIST: Program = Program {
    name: "list-databases",
    required: false,
    class: Class::Read,
    answer: Answer::Objects,
    parameters: &[many("domain", Domain), TYPE],
    read_back: ReadBack::Nothing,
    failures: &[],
    source: "recordings 169-171, 176",
};

pub static CREATE: Program = Program {
    name: "create-database",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("domain", Domain), one("name", Database), TYPE],
    read_back: ReadBack::With("list-databases"),
    failures: &[
        (
            "A database with the same name and type is already associated with this server",
            Reason::Exists,
        ),
        NOT_ENABLED,
    ],
    source: "recordings 171-175",
};

pub static DELETE: Program = Program {
    name: "delete-database",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("domain", Domain), one("name", Database), TYPE],
    read_back: ReadBack::With("list-databases"),
    failures: &[
        ("The specified database is not associated with this server", Reason::Absent),
        NOT_ENABLED,
    ],
    source: "recordings 177-178",
};

/// Sets the password of the login that owns the databases of a virtual server.
pub static PASSWORD: Program = Program {
    name: "modify-database-pass",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("domain", Domain), one("pass", Secret), TYPE],
    read_back: ReadBack::With("list-domains"),
    failures: &[],
    source: "`modify-database-pass.pl` of 8.1.0",
};

pub(super) const ALL: &[&Program] = &[&LIST, &CREATE, &DELETE, &PASSWORD];
