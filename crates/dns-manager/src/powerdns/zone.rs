//! Zones as PowerDNS's HTTP API writes them.
//!
//! See <https://doc.powerdns.com/authoritative/http-api/zone.html>, version 4.7.

use serde::{Deserialize, Serialize};

/// The mark in the `account` field of zones and comments that we made.
pub(crate) const ACCOUNT: &str = "praho";

/// A zone as it is.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct SeenZone {
    /// Whose it is; free text of at most 40 characters.
    #[serde(default)]
    pub(crate) account: String,
    /// All of its record sets. Never by default: an answer without them is not that of a zone.
    pub(crate) rrsets: Vec<RrSet>,
}

impl SeenZone {
    /// Whether we made it, so that we may take it away.
    pub(crate) fn is_ours(&self) -> bool {
        self.account == ACCOUNT
    }

    /// Whether it can be served: one whose making was cut off has no SOA record.
    pub(crate) fn is_whole(&self) -> bool {
        self.rrsets.iter().any(|it| it.kind == "SOA")
    }
}

/// A record set as it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct RrSet {
    /// Absolute, with the final dot.
    pub(crate) name: String,
    /// The mnemonic of its type.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Seconds that resolvers may keep it.
    #[serde(default)]
    pub(crate) ttl: u32,
    /// Its records.
    pub(crate) records: Vec<Record>,
    /// Notes on it, ours among them where it is ours.
    #[serde(default)]
    pub(crate) comments: Vec<Comment>,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// In presentation form.
    pub(crate) content: String,
    /// Whether it is kept without being served.
    #[serde(default)]
    pub(crate) disabled: bool,
}

/// A note on a record set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Comment {
    /// The note.
    pub(crate) content: String,
    /// Who wrote it; free text.
    #[serde(default)]
    pub(crate) account: String,
}

/// One change of a PATCH.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    /// Absolute, with the final dot.
    pub(crate) name: String,
    /// The mnemonic of the set's type.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// What is to become of the set.
    #[serde(flatten)]
    pub(crate) act: ChangeAct,
}

/// What is to become of a record set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "changetype", rename_all = "UPPERCASE")]
pub(crate) enum ChangeAct {
    /// It is to be exactly this.
    Replace {
        /// Seconds that resolvers may keep it.
        ttl: u32,
        /// All of its records.
        records: Vec<Record>,
        /// All of its comments; `None` keeps those that it has.
        #[serde(skip_serializing_if = "Option::is_none")]
        comments: Option<Vec<Comment>>,
    },
    /// It is to go, with its comments.
    Delete,
}

/// A zone to be made.
#[derive(Debug, Serialize)]
pub(super) struct NewZone<'a> {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) account: &'static str,
    /// Every change of ours raises the serial: the date and two digits that count.
    pub(super) soa_edit_api: &'static str,
    pub(super) nameservers: &'a [String],
}

/// A name with the final dot that the API wants.
pub(crate) fn absolute(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.').to_ascii_lowercase())
}
