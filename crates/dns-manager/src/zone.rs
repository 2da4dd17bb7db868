//! Zones and their changes in neutral terms, which every provider uses.
//!
//! Names are in lower case and without their final dot, contents in presentation form (RFC 1035 section 5.1).

/// The author of our notes and, where the provider keeps one, the owner of our zones.
pub const AUTHOR: &str = "praho";

/// A zone as a provider shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenZone {
    /// Whether the zone carries our mark, so that we may delete it.
    pub ours: bool,
    /// Whether the zone can be served: a creation that was cut off may leave a zone without a SOA record.
    pub complete: bool,
    /// Whether its secondary name servers are those of the DNS server's row.
    pub secondaries_as_wanted: bool,
    /// All record sets of the zone.
    pub sets: Vec<SeenSet>,
}

/// A record set as a provider shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenSet {
    /// The owner name.
    pub name: String,
    /// The mnemonic of the type, such as `AAAA`.
    pub kind: String,
    /// Seconds that resolvers may keep the set.
    pub ttl: u32,
    /// All records of the set.
    pub records: Vec<SeenRecord>,
    /// The notes on the set. A set with our mark among them is ours.
    pub notes: Vec<Note>,
}

/// A record as a provider shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRecord {
    /// The data of the record.
    pub content: String,
    /// Whether the provider keeps the record without serving it.
    pub disabled: bool,
}

/// A note on a record set, which name servers do not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Free text.
    pub text: String,
    /// Free text that names the author.
    pub author: String,
}

/// A change of one record set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The owner name of the set.
    pub name: String,
    /// The mnemonic of the set's type.
    pub kind: String,
    /// What happens to the set.
    pub action: ChangeAction,
}

/// What happens to a record set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeAction {
    /// The set is created, or replaced in place.
    Replace {
        /// Seconds that resolvers may keep the set.
        ttl: u32,
        /// All contents of the set.
        contents: Vec<String>,
        /// All notes on the set; `None` keeps the present ones.
        notes: Option<Vec<Note>>,
    },
    /// The set is deleted with its notes.
    Delete,
}
