//! The programs for virtual servers.

use crate::{
    parameter::{
        Kind::{Address, Count, CountOr, Date, Description, Domain, Secret, Text, User, Word},
        Parameter, many, one, switch,
    },
    program::{Answer, Class, Program, ReadBack},
    reason::Reason,
};

/// The features of virtual servers as flags, in `create-domain`, `enable-feature` and `disable-feature` alike.
pub(super) const UNIX: Parameter = switch("unix");
pub(super) const DIR: Parameter = switch("dir");
pub(super) const WEB: Parameter = switch("web");
pub(super) const SSL: Parameter = switch("ssl");
pub(super) const DNS: Parameter = switch("dns");
pub(super) const MAIL: Parameter = switch("mail");
pub(super) const MYSQL: Parameter = switch("mysql");
pub(super) const POSTGRES: Parameter = switch("postgres");
pub(super) const WEBMIN: Parameter = switch("webmin");
pub(super) const LOGROTATE: Parameter = switch("logrotate");

pub static LIST: Program = Program {
    name: "list-domains",
    required: true,
    class: Class::Read,
    answer: Answer::Objects,
    parameters: &[
        many("domain", Domain),
        many("user", User),
        one("plan", Text),
        one("with-feature", Word),
        one("parent", Domain),
        switch("toplevel"),
        switch("subserver"),
        switch("alias"),
        switch("enabled"),
        switch("disabled"),
        switch("simple-multiline"),
        switch("name-only"),
        switch("id-only"),
    ],
    read_back: ReadBack::Nothing,
    failures: &[],
    source: "recordings 001-118",
};

pub static CREATE: Program = Program {
    name: "create-domain",
    required: true,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[
        one("domain", Domain),
        one("user", User),
        one("pass", Secret),
        one("desc", Description),
        one("email", Address),
        one("parent", Domain),
        one("alias", Domain),
        one("alias-with-mail", Domain),
        one("plan", Text),
        switch("features-from-plan"),
        switch("limits-from-plan"),
        UNIX,
        DIR,
        WEB,
        SSL,
        DNS,
        MAIL,
        MYSQL,
        POSTGRES,
        WEBMIN,
        LOGROTATE,
        one("quota", CountOr("UNLIMITED")),
        one("uquota", CountOr("UNLIMITED")),
        one("bandwidth", CountOr("NONE")),
        one("max-mailboxes", Count),
        one("max-dbs", Count),
        one("max-doms", Count),
        one("max-aliases", Count),
        one("max-aliasdoms", Count),
        switch("no-email"),
    ],
    read_back: ReadBack::With("list-domains"),
    failures: &[
        ("You are already hosting this domain", Reason::AlreadyHosted),
        ("Parent domain does not exist", Reason::Absent),
        ("The specified administration user already exists", Reason::UserTaken),
        // The recorded panel says so of a user, and of a group that came into being between two of its checks. The
        // other lines are those of 8.1.0 (`lang/en`, `setup_e…`): the group that is there from the start, the user of
        // the second check, and the logins of Webmin and MySQL that have the user's name. Virtualmin has no line for a
        // home directory that exists: it takes the directory over (`feature-dir.pl`, `check_dir_clash`).
        ("A unix group named * already exists*", Reason::UserTaken),
        ("A unix user named * already exists*", Reason::UserTaken),
        ("A unix user called * already exists*", Reason::UserTaken),
        ("A unix user called * or group called * already exists*", Reason::UserTaken),
        ("An administration group named * already exists*", Reason::UserTaken),
        ("A webmin user called * already exists*", Reason::UserTaken),
        ("A MySQL login named * is already owned by virtual server *", Reason::UserTaken),
        ("A MySQL user named * already exists*", Reason::UserTaken),
    ],
    source: "recordings 008-046, 120-137, 312-333",
};

pub static MODIFY: Program = Program {
    name: "modify-domain",
    required: true,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[
        one("domain", Domain),
        one("pass", Secret),
        one("desc", Description),
        one("email", Address),
        one("user", User),
        one("quota", CountOr("UNLIMITED")),
        one("uquota", CountOr("UNLIMITED")),
        one("bw", CountOr("NONE")),
        // An unknown plan is passed over in silence (109), so it is looked up first.
        one("plan", Text),
        one("apply-plan", Text),
        switch("protected"),
        switch("unprotected"),
    ],
    read_back: ReadBack::With("list-domains"),
    failures: &[("A domain called * already exists", Reason::Exists)],
    source: "recordings 093-114, 282, 334-337",
};

pub static RENAME: Program = Program {
    name: "rename-domain",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[
        one("domain", Domain),
        one("new-domain", Domain),
        one("new-user", User),
        switch("auto-user"),
        switch("auto-home"),
        switch("auto-prefix"),
    ],
    read_back: ReadBack::With("list-domains"),
    failures: &[
        ("A domain called * already exists", Reason::Exists),
        ("A user named * already exists", Reason::UserTaken),
    ],
    source: "recording 246; `rename-domain.pl` of 8.1.0",
};

pub static LIMITS: Program = Program {
    name: "modify-limits",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[
        one("domain", Domain),
        one("max-mailboxes", CountOr("UNLIMITED")),
        one("max-dbs", CountOr("UNLIMITED")),
        one("max-doms", CountOr("UNLIMITED")),
        one("max-aliasdoms", CountOr("UNLIMITED")),
        one("max-aliases", CountOr("UNLIMITED")),
    ],
    read_back: ReadBack::With("list-domains"),
    failures: &[],
    source: "recording 368; `modify-limits.pl` of 8.1.0",
};

pub static DISABLE: Program = Program {
    name: "disable-domain",
    required: true,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("domain", Domain), one("why", Text), switch("subservers")],
    read_back: ReadBack::With("list-domains"),
    failures: &[("Virtual server * is already disabled*", Reason::AlreadyDisabled)],
    source: "recordings 076-091, 305, 330, 358-365",
};

pub static ENABLE: Program = Program {
    name: "enable-domain",
    required: true,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("domain", Domain), switch("subservers")],
    read_back: ReadBack::With("list-domains"),
    failures: &[("Virtual server * is not disabled*", Reason::NotDisabled)],
    source: "recordings 084-089, 362-365",
};

pub static DELETE: Program = Program {
    name: "delete-domain",
    required: true,
    class: Class::Change,
    answer: Answer::Text,
    parameters: &[one("domain", Domain)],
    read_back: ReadBack::With("list-domains"),
    failures: &[],
    source: "recordings 036-049, 248, 307, 332",
};

pub static VALIDATE: Program = Program {
    name: "validate-domains",
    required: false,
    class: Class::Read,
    answer: Answer::Data,
    parameters: &[many("domain", Domain), switch("all-features")],
    read_back: ReadBack::Nothing,
    failures: &[],
    source: "recordings 219-221, 346",
};

pub static LOGIN_LINK: Program = Program {
    name: "create-login-link",
    required: false,
    class: Class::Change,
    answer: Answer::Secret,
    parameters: &[one("domain", Domain), one("lifetime", Count)],
    read_back: ReadBack::Answer,
    failures: &[],
    source: "recording 240; `create-login-link.pl` of 8.1.0",
};

/// With `multiline` its answer loses data (343), so it is asked for in the cheaper form.
pub static BANDWIDTH: Program = Program {
    name: "list-bandwidth",
    required: false,
    class: Class::Read,
    answer: Answer::Data,
    parameters: &[
        many("domain", Domain),
        switch("all-domains"),
        one("start", Date),
        one("end", Date),
        switch("include-subservers"),
        switch("simple-multiline"),
    ],
    read_back: ReadBack::Nothing,
    failures: &[],
    source: "recordings 216-218, 342-345",
};

pub static LIST_FEATURES: Program = Program {
    name: "list-features",
    required: false,
    class: Class::Read,
    answer: Answer::Objects,
    parameters: &[one("parent", Domain), one("alias", Domain)],
    read_back: ReadBack::Nothing,
    failures: &[],
    source: "recordings 005-007; `list-features.pl` of 8.1.0",
};

const FEATURES: &[Parameter] =
    &[one("domain", Domain), WEB, SSL, DNS, MAIL, MYSQL, POSTGRES, WEBMIN, LOGROTATE];

pub static ENABLE_FEATURE: Program = Program {
    name: "enable-feature",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: FEATURES,
    read_back: ReadBack::With("list-domains"),
    failures: &[],
    source: "recordings 242-244",
};

pub static DISABLE_FEATURE: Program = Program {
    name: "disable-feature",
    required: false,
    class: Class::Change,
    answer: Answer::Text,
    parameters: FEATURES,
    read_back: ReadBack::With("list-domains"),
    failures: &[],
    source: "recording 245",
};

pub(super) const ALL: &[&Program] = &[
    &LIST,
    &CREATE,
    &MODIFY,
    &RENAME,
    &LIMITS,
    &DISABLE,
    &ENABLE,
    &DELETE,
    &VALIDATE,
    &LOGIN_LINK,
    &BANDWIDTH,
    &LIST_FEATURES,
    &ENABLE_FEATURE,
    &DISABLE_FEATURE,
];
