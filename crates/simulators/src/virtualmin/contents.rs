//! What the programs add to a virtual server: mailboxes, mail aliases, databases, redirects and directories with PHP.

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
    /// The DNS zone, if a program changed it; else it is as the panel makes it.
    pub zone: Option<Vec<DnsRecord>>,
    /// The certificate in PEM, once the panel or a program made one. No file has its key.
    pub certificate: Option<String>,
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
    /// The comment.
    pub comment: Option<String>,
}
