//! The programs for certificates of websites.

use crate::{
    parameter::{
        Kind::{Count, Domain, Pem, SecretPem},
        Parameter, many, one, switch,
    },
    program::{Answer, Class, Program, ReadBack},
    reason::Reason,
};

const MISSING: (&str, Reason) = ("No virtual server named * found", Reason::DoesNotExist);

/// `list-certs` is left out: as JSON its PEM lines become objects (229).
pub static GET: Program = Program {
    name: "get-ssl",
    required: false,
    class: Class::Read,
    answer: Answer::Data,
    parameters: &[one("domain", Domain)],
    read_back: ReadBack::Nothing,
    failures: &[MISSING, ("Virtual server does not have SSL enabled*", Reason::NotOffered)],
    source: "recording 228; `get-ssl.pl` of 8.1.0",
};

pub static EXPIRY: Program = Program {
    name: "list-certs-expiry",
    required: false,
    class: Class::Read,
    answer: Answer::Text,
    parameters: &[many("domain", Domain), switch("all-domains")],
    read_back: ReadBack::Nothing,
    failures: &[],
    source: "recording 230; `list-certs-expiry.pl` of 8.1.0",
};

pub static SELF_SIGNED: Program = Program {
    name: "generate-cert",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("domain", Domain), switch("self"), one("days", Count), many("alt", Domain)],
    read_back: ReadBack::With("get-ssl"),
    failures: &[MISSING],
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
    failures: &[MISSING],
    source: "`install-cert.pl` of 8.1.0",
};

const REQUEST: &[Parameter] =
    &[one("domain", Domain), many("host", Domain), switch("default-hosts"), switch("renew")];

/// The program for ACME on 7.x and 8.x alike.
pub static LETSENCRYPT: Program = Program {
    name: "generate-letsencrypt-cert",
    required: false,
    class: Class::Long,
    answer: Answer::Text,
    parameters: REQUEST,
    read_back: ReadBack::With("get-ssl"),
    failures: &[MISSING],
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
    failures: &[MISSING],
    source: "recordings 222-226; `generate-acme-cert.pl` of 8.1.0",
};

pub(super) const ALL: &[&Program] = &[&GET, &EXPIRY, &SELF_SIGNED, &INSTALL, &LETSENCRYPT, &ACME];
