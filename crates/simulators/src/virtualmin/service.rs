//! The servers of the machine that the panel watches: web, mail and others.

use serde::Serialize;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Service {
    /// The name in parameters.
    pub(super) feature: &'static str,
    pub(super) description: &'static str,
    /// What tells several of one feature apart, such as versions of PHP.
    pub(super) id: Option<&'static str>,
    pub(super) up: bool,
    /// Whether it fails to start again.
    pub(super) broken: bool,
}

impl Service {
    /// Those of the recorded machine, by the features that it offers.
    pub(super) fn all() -> Vec<Self> {
        let service =
            |feature, description, id| Self { feature, description, id, up: true, broken: false };
        vec![
            service("web", "Apache Webserver", None),
            service("dns", "BIND DNS Server", None),
            service("mail", "Postfix Mail Server", None),
            service("mysql", "MariaDB Database Server", None),
            service("fpm", "PHP 8.2 FPM Server", Some("8.2")),
        ]
    }
}
