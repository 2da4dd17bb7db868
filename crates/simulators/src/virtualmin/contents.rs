//! What the programs add to a virtual server: mailboxes, mail aliases, databases, redirects and directories with PHP.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::dns_record::DnsRecord;

/// What a virtual server holds beside its own settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contents {
    /// The mailbox users, oldest first, without the administration user.
    pub mailboxes: Vec<Mailbox>,
    /// The mail aliases, oldest first.
    pub aliases: Vec<MailAlias>,
    /// The databases of MySQL, oldest first.
    pub databases: Vec<String>,
    /// The transfer of each day, oldest first. No program changes it.
    pub transfer: Vec<Day>,
    /// PHP of its website.
    pub php: Php,
    /// The redirects of its website, oldest first.
    pub redirects: Vec<Redirect>,
    /// The DNS zone, if a program changed it; else it is as the panel makes it.
    pub zone: Option<Vec<DnsRecord>>,
    /// The certificate in PEM, once the panel or a program made one. No file has its key.
    pub certificate: Option<String>,
}

/// PHP of a website.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Php {
    /// How it is run: `none`, `cgi`, `fcgid` or `fpm`.
    pub mode: String,
    /// The longest that a script may run, in seconds; 0 is unlimited.
    pub max_execution_seconds: u64,
    /// The version of each directory that has one.
    pub directories: BTreeMap<String, String>,
    /// The settings that were changed.
    pub settings: BTreeMap<String, String>,
}

impl Default for Php {
    /// As of a new website on the recorded machine.
    fn default() -> Self {
        Self {
            mode: "none".to_owned(),
            max_execution_seconds: 0,
            directories: BTreeMap::new(),
            settings: BTreeMap::new(),
        }
    }
}

/// A redirect of a website.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Redirect {
    /// The path that is redirected.
    pub path: String,
    /// Where it leads.
    pub destination: String,
    /// Whether every path below it leads to the one destination.
    pub sub_paths: bool,
    /// Whether no path below it is redirected.
    pub exact: bool,
    /// The HTTP status, if it was given.
    pub code: Option<u16>,
    /// The only host name for which it is.
    pub host: Option<String>,
}

/// The transfer of one day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Day {
    /// The date, such as `2026-11-20`.
    pub date: String,
    /// Bytes of websites.
    pub web: u64,
    /// Bytes of mail.
    pub mail: u64,
}

/// A mailbox user. Its password is not stored here, only how often one was set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mailbox {
    /// The part of the address before the `@`.
    pub name: String,
    /// The Unix user: the name, a dot and the prefix of the virtual server, or only the name.
    pub unix_name: String,
    /// The name for people.
    pub real_name: String,
    /// The home directory.
    pub home: String,
    /// The login shell: `/dev/null` for mail only, `/bin/false` for mail and FTP.
    pub shell: String,
    /// The quota in blocks of 1 KiB; 0 is unlimited.
    pub quota_blocks: u64,
    /// Whether it has an address of its own.
    pub has_email: bool,
    /// Further addresses.
    pub extra_addresses: Vec<String>,
    /// The address for a lost password.
    pub recovery: Option<String>,
    /// The addresses to which mail is forwarded.
    pub forwards: Vec<String>,
    /// Whether forwarded mail is not also delivered here.
    pub forwards_only: bool,
    /// The text that answers mail.
    pub autoreply: Option<String>,
    /// The databases that the user may use.
    pub databases: Vec<String>,
    /// Whether its password is locked.
    pub disabled: bool,
    /// How often its password was set after the creation.
    pub password_changes: u32,
    /// The hash that was given instead of a password.
    pub given_hash: Option<String>,
}

/// A mail alias.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MailAlias {
    /// The part of the address before the `@`; empty for all other names of the domain.
    pub from: String,
    /// The addresses to which mail goes.
    pub to: Vec<String>,
}

impl MailAlias {
    /// The aliases that a virtual server with mail gets at first, all to the address of its owner (recording 163).
    pub(super) fn first(contact: &str) -> Vec<Self> {
        let alias = |name: &str| Self { from: name.to_owned(), to: vec![contact.to_owned()] };
        ["abuse", "webmaster", "hostmaster", "postmaster"].map(alias).to_vec()
    }

    /// The name as it is stored: a star is every other name.
    pub(super) fn stored_name(from: &str) -> &str {
        if from == "*" { "" } else { from }
    }
}
