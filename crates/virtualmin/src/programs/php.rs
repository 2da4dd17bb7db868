//! The programs for PHP, redirects and other settings of websites.

use crate::{
    parameter::{
        Kind::{Choice, Count, Directory, Domain, PhpValue, Url, UrlPath, Version},
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
        one("php-timeout", Count),
        switch("no-php-timeout"),
    ],
    read_back: ReadBack::With("list-domains"),
    failures: &[
        ("Domain * does not exist", Reason::DoesNotExist),
        ("Virtual server * does not have a web site enabled", Reason::NotOffered),
    ],
    source: "`modify-web.pl` of 8.1.0",
};

/// The settings of PHP that may be changed: none of them loads code, opens a directory or permits a function.
pub const SETTINGS: &[&str] = &[
    "memory_limit",
    "post_max_size",
    "upload_max_filesize",
    "max_execution_time",
    "max_input_time",
    "max_input_vars",
    "max_file_uploads",
    "display_errors",
    "date.timezone",
    "session.gc_maxlifetime",
];

/// It prints objects whatever it is asked for (`convert_remote_format` of 8.1.0).
pub static LIST_SETTINGS: Program = Program {
    name: "list-php-ini",
    required: false,
    class: Class::Read,
    answer: Answer::Data,
    parameters: &[one("domain", Domain), many("ini-name", Choice(SETTINGS))],
    read_back: ReadBack::Nothing,
    failures: &[],
    source: "`list-php-ini.pl` of 8.1.0",
};

pub static MODIFY_SETTINGS: Program = Program {
    name: "modify-php-ini",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[
        one("domain", Domain),
        many("ini-name", Choice(SETTINGS)),
        many("ini-value", PhpValue),
    ],
    read_back: ReadBack::With("list-php-ini"),
    failures: &[],
    source: "`modify-php-ini.pl` of 8.1.0",
};

const NO_WEBSITE: (&str, Reason) =
    ("Virtual server * does not support redirects", Reason::NotOffered);

pub static LIST_REDIRECTS: Program = Program {
    name: "list-redirects",
    required: false,
    class: Class::Read,
    answer: Answer::Objects,
    parameters: &[one("domain", Domain)],
    read_back: ReadBack::Nothing,
    failures: &[NO_WEBSITE],
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
        switch("exact"),
        one("host", Domain),
    ],
    read_back: ReadBack::With("list-redirects"),
    failures: &[NO_WEBSITE],
    source: "`create-redirect.pl` of 8.1.0",
};

pub static DELETE_REDIRECT: Program = Program {
    name: "delete-redirect",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("domain", Domain), one("path", UrlPath), one("host", Domain)],
    read_back: ReadBack::With("list-redirects"),
    failures: &[("No redirect for path *", Reason::Absent), NO_WEBSITE],
    source: "`delete-redirect.pl` of 8.1.0",
};

pub(super) const ALL: &[&Program] = &[
    &LIST_VERSIONS,
    &LIST_DIRECTORIES,
    &SET_DIRECTORY,
    &DELETE_DIRECTORY,
    &MODIFY_WEB,
    &LIST_SETTINGS,
    &MODIFY_SETTINGS,
    &LIST_REDIRECTS,
    &CREATE_REDIRECT,
    &DELETE_REDIRECT,
];
