//! Zones and their changes in neutral words: what every provider shows and takes.
//!
//! Names are in lower case and without their final dot, contents in presentation form (RFC 1035 section 5.1).

/// A zone as a provider shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SeenZone {
    /// Whether we made it, so that we may take it away.
    pub(crate) ours: bool,
    /// Whether it can be served: a creation that was cut off may leave one without a SOA record.
    pub(crate) whole: bool,
    /// All of its record sets.
    pub(crate) sets: Vec<SeenSet>,
}

/// A record set as a provider shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenSet {
    /// The owner name.
    pub(crate) name: String,
    /// The mnemonic of its type.
    pub(crate) kind: String,
    /// Seconds that resolvers may keep it.
    pub(crate) ttl: u32,
    /// Its records.
    pub(crate) records: Vec<SeenRecord>,
    /// The notes on it. A set with our mark among them is ours.
    pub(crate) notes: Vec<Note>,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenRecord {
    /// What it says.
    pub(crate) content: String,
    /// Whether the provider keeps it without serving it.
    pub(crate) disabled: bool,
}

/// A note on a record set, which name servers do not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// What it says.
    pub(crate) text: String,
    /// Who wrote it; free text.
    pub(crate) author: String,
}

/// One change of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The owner name of the set.
    pub(crate) name: String,
    /// The mnemonic of the set's type.
    pub(crate) kind: String,
    /// What becomes of the set.
    pub(crate) act: ChangeAct,
}

/// What becomes of a record set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ChangeAct {
    /// The set is exactly this afterwards.
    Replace {
        /// Seconds that resolvers may keep it.
        ttl: u32,
        /// All of its contents.
        contents: Vec<String>,
        /// All of its notes; `None` keeps the present ones.
        notes: Option<Vec<Note>>,
    },
    /// The set goes, with its notes.
    Delete,
}
