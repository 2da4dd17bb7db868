//! The features and templates of the machine, and `info`.

use serde::Serialize;

use crate::virtualmin::outcome::Failure;
use crate::virtualmin::state::State;
use crate::virtualmin::world::Machine;

/// The version of PHP of this machine (recording 213).
pub(super) const PHP_VERSION: &str = "8.2";

/// A feature of virtual servers.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Feature {
    /// The name in parameters.
    pub(super) code: &'static str,
    description: &'static str,
    /// Whether this machine offers it.
    pub(super) enabled: bool,
    /// Whether `default-features` includes it.
    pub(super) default: bool,
    automatic: bool,
}

const fn feature(code: &'static str, description: &'static str, offered: bool) -> Feature {
    Feature { code, description, enabled: offered, default: offered, automatic: false }
}

const fn automatic(code: &'static str, description: &'static str) -> Feature {
    Feature { code, description, enabled: true, default: true, automatic: true }
}

/// All features, in Virtualmin's order, as they are on this machine.
pub(super) fn features(machine: &Machine) -> [Feature; 14] {
    FEATURES.map(|feature| match machine.without_features.contains(feature.code) {
        true => Feature { enabled: false, default: false, ..feature },
        false => feature,
    })
}

/// All features, in Virtualmin's order, as they are on the recorded machine.
const FEATURES: [Feature; 14] = [
    automatic("unix", "Administration user"),
    automatic("dir", "Home directory"),
    feature("dns", "DNS for domain", true),
    feature("mail", "Mail for domain", true),
    feature("web", "Apache website", true),
    feature("webalizer", "Webalizer reporting", false),
    feature("ssl", "Apache SSL website", true),
    feature("logrotate", "Log file rotation", true),
    feature("mysql", "MariaDB database", true),
    feature("postgres", "PostgreSQL database", false),
    feature("ftp", "ProFTPD virtual FTP", false),
    feature("spam", "Spam filtering", false),
    feature("virus", "Virus filtering", false),
    feature("webmin", "Webmin login", true),
];

/// The id of the template with the id or name `wanted`.
pub(super) fn template(state: &State, wanted: &str) -> Result<String, Failure> {
    let unknown = || Failure::Usage("Unknown template name".into());
    state.template(wanted).map(|it| it.id.clone()).ok_or_else(unknown)
}

/// The id of a new virtual server's template.
pub(super) fn initial_template(top_level: bool) -> String {
    if top_level { "0" } else { "1" }.to_owned()
}
