//! The programs for the DNS that a host serves itself.

use crate::{
    parameter::{
        Kind::{Domain, Record, Text, TwoRecords, Word},
        many, one,
    },
    program::{Answer, Class, Program, ReadBack},
    reason::Reason,
};

pub static GET: Program = Program {
    name: "get-dns",
    required: false,
    class: Class::Read,
    answer: Answer::Objects,
    parameters: &[one("domain", Domain), one("name", Text), one("type", Word)],
    read_back: ReadBack::Nothing,
    failures: &[("Virtual server * does not have DNS enabled", Reason::NotOffered)],
    source: "recordings 179-182",
};

/// It writes records of types that do not exist, too (187).
pub static MODIFY: Program = Program {
    name: "modify-dns",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[
        one("domain", Domain),
        many("add-record", Record),
        many("add-record-with-ttl", Record),
        many("remove-record", Record),
        many("update-record", TwoRecords),
    ],
    read_back: ReadBack::With("get-dns"),
    failures: &[
        ("Domain * does not exist", Reason::DoesNotExist),
        ("Virtual server * does not have a DNS domain", Reason::NotOffered),
    ],
    source: "recordings 183-191, 201; `modify-dns.pl` of 8.1.0 for `update-record` and the failures",
};

pub(super) const ALL: &[&Program] = &[&GET, &MODIFY];
