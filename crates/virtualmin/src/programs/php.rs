//! The programs for PHP, redirects and other settings of websites.

use crate::{
    parameter::{
        Kind::{Choice, Directory, Domain, Number, Url, UrlPath, Version},
        many, one, switch,
    },
    program::{Answer, Class, Program, ReadBack},
    reason::Reason,
};

pub static LIST_VERSIONS: Program = Program {
    name: "list-php-versions",
    required: false,
    class: Class::Read,
    answer: Answer::Objects,
    parameters: &[],
    read_back: ReadBack::Nothing,
    failures: &[],
    source: "recordings 213-215",
};

pub static LIST_DIRECTORIES: Program = Program {
    name: "list-php-directories",
    required: false,
    class: Class::Read,
    answer: Answer::Objects,
    parameters: &[one("domain", Domain)],
    read_back: ReadBack::Nothing,
    failures: &[],
    source: "`list-php-directories.pl` of 8.1.0",
};

pub static SET_DIRECTORY: Program = Program {
    name: "set-php-directory",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("domain", Domain), one("dir", Directory), one("version", Version)],
    read_back: ReadBack::With("list-php-directories"),
    failures: &[],
    source: "`set-php-directory.pl` of 8.1.0",
};

pub static DELETE_DIRECTORY: Program = Program {
    name: "delete-php-directory",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("domain", Domain), one("dir", Directory)],
    read_back: ReadBack::With("list-php-directories"),
    failures: &[],
    source: "`delete-php-directory.pl` of 8.1.0",
};

pub static MODIFY_WEB: Program = Program {
    name: "modify-web",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[
        one("domain", Domain),
        one("mode", Choice(&["none", "cgi", "fcgid", "fpm"])),
        one("php-version", Version),
        one("php-timeout", Number),
        switch("no-php-timeout"),
    ],
    read_back: ReadBack::With("list-domains"),
    failures: &[],
    source: "`modify-web.pl` of 8.1.0",
};

pub static LIST_REDIRECTS: Program = Program {
    name: "list-redirects",
    required: false,
    class: Class::Read,
    answer: Answer::Objects,
    parameters: &[one("domain", Domain)],
    read_back: ReadBack::Nothing,
    failures: &[],
    source: "`list-redirects.pl` of 8.1.0",
};

pub static CREATE_REDIRECT: Program = Program {
    name: "create-redirect",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[
        one("domain", Domain),
        one("path", UrlPath),
        one("redirect", Url),
        one("code", Choice(&["301", "302", "303", "307", "308"])),
        switch("regexp"),
        switch("http"),
        switch("https"),
        many("host", Domain),
    ],
    read_back: ReadBack::With("list-redirects"),
    failures: &[],
    source: "`create-redirect.pl` of 8.1.0",
};

pub static DELETE_REDIRECT: Program = Program {
    name: "delete-redirect",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("domain", Domain), one("path", UrlPath), one("host", Domain)],
    read_back: ReadBack::With("list-redirects"),
    failures: &[("No redirect for * was found", Reason::Absent)],
    source: "`delete-redirect.pl` of 8.1.0",
};

pub(super) const ALL: &[&Program] = &[
    &LIST_VERSIONS,
    &LIST_DIRECTORIES,
    &SET_DIRECTORY,
    &DELETE_DIRECTORY,
    &MODIFY_WEB,
    &LIST_REDIRECTS,
    &CREATE_REDIRECT,
    &DELETE_REDIRECT,
];
