//! Zones as PowerDNS's HTTP API writes them.
//!
//! See <https://doc.powerdns.com/authoritative/http-api/zone.html>, version 4.7.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    apex::{APEX_TTL, Apex},
    zone::{self, AUTHOR, Note, SeenRecord, SeenSet},
};

/// A zone in an answer.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Zone {
    /// The owner; free text of at most 40 characters.
    #[serde(default)]
    account: String,
    /// `Native`, or `Master` (which `Primary` becomes) for a zone that secondaries fetch.
    #[serde(default, deserialize_with = "zone_kind")]
    pub(super) kind: String,
    /// All record sets. There is no default, because an answer without them is not a zone.
    rrsets: Vec<RrSet>,
}

/// PowerDNS 4.7 takes `Primary` and answers `Master`.
fn zone_kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let kind = String::deserialize(deserializer)?;
    Ok(if kind == "Master" { "Primary".to_owned() } else { kind })
}

/// The metadata of one kind of a zone.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    pub(super) metadata: BTreeSet<String>,
}

/// A record set in an answer, or of a new zone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RrSet {
    /// Absolute, with the final dot.
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    ttl: u32,
    records: Vec<Record>,
    #[serde(default)]
    comments: Vec<Comment>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Record {
    content: String,
    #[serde(default)]
    disabled: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Comment {
    content: String,
    #[serde(default)]
    account: String,
}

/// One change of a PATCH.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Change {
    /// Absolute, with the final dot.
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(flatten)]
    action: ChangeAction,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "changetype", rename_all = "UPPERCASE")]
enum ChangeAction {
    Replace {
        ttl: u32,
        records: Vec<Record>,
        /// All comments; `None` keeps the present ones.
        #[serde(skip_serializing_if = "Option::is_none")]
        comments: Option<Vec<Comment>>,
    },
    Delete,
}

impl From<Zone> for zone::SeenZone {
    fn from(zone: Zone) -> Self {
        Self {
            ours: zone.account == AUTHOR,
            secondaries_as_wanted: true,
            complete: zone.rrsets.iter().any(|set| set.kind == "SOA"),
            sets: zone.rrsets.into_iter().map(SeenSet::from).collect(),
        }
    }
}

impl From<RrSet> for SeenSet {
    fn from(set: RrSet) -> Self {
        let record =
            |record: Record| SeenRecord { content: record.content, disabled: record.disabled };
        let note = |comment: Comment| Note { text: comment.content, author: comment.account };
        Self {
            name: set.name.trim_end_matches('.').to_ascii_lowercase(),
            kind: set.kind,
            ttl: set.ttl,
            records: set.records.into_iter().map(record).collect(),
            notes: set.comments.into_iter().map(note).collect(),
        }
    }
}

impl From<&zone::Change> for Change {
    fn from(change: &zone::Change) -> Self {
        let record = |content: &String| Record { content: content.clone(), disabled: false };
        let comment =
            |note: &Note| Comment { content: note.text.clone(), account: note.author.clone() };
        let action = match &change.action {
            zone::ChangeAction::Delete => ChangeAction::Delete,
            zone::ChangeAction::Replace { ttl, contents, notes } => ChangeAction::Replace {
                ttl: *ttl,
                records: contents.iter().map(record).collect(),
                comments: notes.as_ref().map(|notes| notes.iter().map(comment).collect()),
            },
        };
        Self { name: absolute(&change.name), kind: change.kind.clone(), action }
    }
}

/// The body that creates a zone.
#[derive(Debug, Serialize)]
pub(super) struct NewZone {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) account: &'static str,
    /// Raises the serial with each change by this service. The serial is the date and a two-digit count.
    pub(super) soa_edit_api: &'static str,
    pub(super) rrsets: [RrSet; 2],
}

/// The NS and SOA sets of a new zone.
pub(super) fn apex_sets(zone: &str, apex: &Apex) -> [RrSet; 2] {
    let set = |kind: &str, contents: Vec<String>| RrSet {
        name: absolute(zone),
        kind: kind.to_owned(),
        ttl: APEX_TTL,
        records: contents.into_iter().map(|content| Record { content, disabled: false }).collect(),
        comments: Vec::new(),
    };
    [set("NS", apex.ns_contents()), set("SOA", vec![apex.new_soa_content()])]
}

/// A name in the API's form: in lower case with its final dot.
pub(super) fn absolute(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.').to_ascii_lowercase())
}
