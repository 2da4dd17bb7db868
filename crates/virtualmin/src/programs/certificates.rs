//! The programs for certificates of websites.

use crate::{
    parameter::{
        Kind::{Count, Domain, Pem, SecretPem},
        Parameter, many, one, switch,
    },
    program::{Answer, Class, Program, ReadBack},
    reason::Reason,
};

pub static GET: Program = Program {
    name: "get-ssl",
    required: false,
    class: Class::Read,
    answer: Answer::Data,
    parameters: &[one("domain", Domain)],
    read_back: ReadBack::Nothing,
    failures: &[
        ("Virtual server * does not have an SSL cert", Reason::Absent),
        ("No SSL certificate found", Reason::Absent),
    ],
    source: "recording 228; `get-ssl.pl` of 8.1.0",
};

/// Without `cert` it prints private keys, so that its answer is for nobody but the code that gives `cert`.
/// `list-certs-expiry`, which tells less, is left out because it installs packages that it lacks.
pub static LIST: Program = Program {
    name: "list-certs",
    required: false,
    class: Class::Read,
    answer: Answer::Secret,
    parameters: &[one("domain", Domain), switch("cert")],
    read_back: ReadBack::Nothing,
    failures: &[("None of the specified virtual servers have an SSL cert", Reason::Absent)],
    source: "recording 229; `list-certs.pl` and `list-certs-expiry.pl` of 8.1.0",
};

pub static SELF_SIGNED: Program = Program {
    name: "generate-cert",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("domain", Domain), switch("self"), one("days", Count), many("alt", Domain)],
    read_back: ReadBack::With("get-ssl"),
    failures: &[],
    source: "recording 227; `generate-cert.pl` of 8.1.0",
};

pub static INSTALL: Program = Program {
    name: "install-cert",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    // The values are certificates and no files: a path would be read as root.
    parameters: &[one("domain", Domain), one("cert", Pem), one("key", SecretPem), one("ca", Pem)],
    read_back: ReadBack::With("get-ssl"),
    failures: &[],
    source: "`install-cert.pl` of 8.1.0",
};

const REQUEST: &[Parameter] =
    &[one("domain", Domain), many("host", Domain), switch("default-hosts"), switch("renew")];

/// Each is the last step of what it prints.
const ISSUE: &[(&str, Reason)] = &[
    (".. none of the hostnames could be resolved!", Reason::Unresolved),
    (".. failed : *", Reason::NotIssued),
];

/// The program for ACME on 7.x and 8.x alike.
pub static LETSENCRYPT: Program = Program {
    name: "generate-letsencrypt-cert",
    required: false,
    class: Class::Long,
    answer: Answer::Text,
    parameters: REQUEST,
    read_back: ReadBack::With("get-ssl"),
    failures: ISSUE,
    source: "recordings 222-226",
};

/// Its newer twin, with the same code.
pub static ACME: Program = Program {
    name: "generate-acme-cert",
    required: false,
    class: Class::Long,
    answer: Answer::Text,
    parameters: REQUEST,
    read_back: ReadBack::With("get-ssl"),
    failures: ISSUE,
    source: "recordings 222-226; `generate-acme-cert.pl` of 8.1.0",
};

pub(super) const ALL: &[&Program] = &[&GET, &LIST, &SELF_SIGNED, &INSTALL, &LETSENCRYPT, &ACME];
