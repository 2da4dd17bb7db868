//! `list-domains` as typed records: nothing dropped, nothing guessed, no secret kept.
//!
//! The listing carries passwords and hashes; they are passed over while it is read.

use std::{borrow::Cow, collections::HashSet, fmt};

use model::quota::Limit;
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};

/// A virtual server as its host shows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Domain {
    /// Its domain name.
    pub(crate) name: String,
    /// The host's own opaque id.
    pub(crate) id: String,
    /// What sort of virtual server it is.
    pub(crate) kind: Kind,
    /// Its administrator.
    pub(crate) username: String,
    /// Its description: ours is our marker.
    pub(crate) description: String,
    /// Why it is switched off; `None` where it is on.
    pub(crate) disabled: Option<String>,
    /// The features that it has.
    pub(crate) features: Vec<String>,
    /// The quota of its group in blocks of 1 KiB; `None` where the host keeps none for it.
    pub(crate) server_quota: Option<Limit>,
    /// The quota of its user in blocks of 1 KiB.
    pub(crate) user_quota: Option<Limit>,
    /// Bytes in use; only in the full form of the listing.
    pub(crate) used_bytes: Option<u64>,
    /// The plan that the panel keeps it under.
    pub(crate) plan: String,
    /// When it was made, in seconds since 1970.
    pub(crate) created_unix_seconds: i64,
    /// Its first address.
    pub(crate) ip_address: String,
    /// The one that it belongs to or shows; empty for a top-level server.
    pub(crate) parent: String,
}

/// What sort of virtual server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It has its own administrator.
    TopLevel,
    /// It belongs to a top-level server.
    SubServer,
    /// It shows another one's content.
    Alias,
}

impl Kind {
    /// The name in our contract.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::TopLevel => "top-level",
            Self::SubServer => "sub-server",
            Self::Alias => "alias",
        }
    }
}

/// Why a listing cannot be believed. Names a virtual server and a key, never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unrecognised {
    /// An object without the marks of a virtual server, such as a row of the table for people.
    #[error("an object of the listing is no virtual server")]
    Name,
    /// Something every virtual server has is missing.
    #[error("{name} has no `{key}`")]
    Missing {
        /// The virtual server.
        name: String,
        /// What it lacks.
        key: &'static str,
    },
    /// A value is not of its form.
    #[error("`{key}` of {name} cannot be read")]
    Value {
        /// The virtual server.
        name: String,
        /// Where.
        key: &'static str,
    },
    /// Two of one name.
    #[error("{name} is listed twice")]
    Twice {
        /// The name.
        name: String,
    },
}

/// One object of `data`.
#[derive(Debug, Deserialize)]
pub(crate) struct Listed<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    values: Values<'a>,
}

/// The values that we read. All are lists of strings, as everything in the listing is.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Values<'a> {
    id: Option<List<'a>>,
    #[serde(rename = "type")]
    kind: Option<List<'a>>,
    username: Option<List<'a>>,
    description: Option<List<'a>>,
    disabled: Option<List<'a>>,
    features: Option<List<'a>>,
    server_block_quota: Option<List<'a>>,
    user_block_quota: Option<List<'a>>,
    server_byte_quota_used: Option<List<'a>>,
    plan: Option<List<'a>>,
    created_unix_time: Option<List<'a>>,
    ip_address: Option<List<'a>>,
    parent_domain: Option<List<'a>>,
    real_domain: Option<List<'a>>,
}

/// Reads all objects of a listing.
///
/// # Errors
/// [`Unrecognised`] for the first that cannot be read: one is never left out, because what is not listed
/// counts as gone.
pub(crate) fn records(listed: Vec<Listed<'_>>) -> Result<Vec<Domain>, Unrecognised> {
    let records = listed.into_iter().map(record).collect::<Result<Vec<_>, _>>()?;
    let mut seen = HashSet::with_capacity(records.len());
    match records.iter().find(|it| !seen.insert(it.name.as_str())) {
        Some(twice) => Err(Unrecognised::Twice { name: twice.name.clone() }),
        None => Ok(records),
    }
}

fn record(Listed { name, values }: Listed<'_>) -> Result<Domain, Unrecognised> {
    let name = name.into_owned();
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Unrecognised::Name);
    }
    let missing = |key| Unrecognised::Missing { name: name.clone(), key };
    let wrong = |key| Unrecognised::Value { name: name.clone(), key };
    let one = |list: Option<List<'_>>, key| match list {
        None => Ok(None),
        Some(list) => list.single().map(Some).ok_or_else(|| wrong(key)),
    };
    let some = |list, key| one(list, key)?.ok_or_else(|| missing(key));
    let limit = |list, key| {
        one(list, key)?.map(|it| it.parse::<Limit>().map_err(|_| wrong(key))).transpose()
    };

    let kind = match some(values.kind, "type")?.as_str() {
        "Top-level server" => Kind::TopLevel,
        "Sub-server" => Kind::SubServer,
        "Alias" | "Alias with own email" => Kind::Alias,
        _ => return Err(wrong("type")),
    };
    let used = one(values.server_byte_quota_used, "server_byte_quota_used")?;
    let created = some(values.created_unix_time, "created_unix_time")?;
    let features = values.features.ok_or_else(|| missing("features"))?;
    // Two where there is an IPv6 address of its own; each with a remark such as `(Shared)` behind it.
    let address = values.ip_address.and_then(|list| list.0.into_iter().next()).unwrap_or_default();
    let parent = match kind {
        Kind::TopLevel => None,
        Kind::SubServer => one(values.parent_domain, "parent_domain")?,
        Kind::Alias => one(values.real_domain, "real_domain")?,
    };
    Ok(Domain {
        id: some(values.id, "id")?,
        kind,
        username: some(values.username, "username")?,
        description: one(values.description, "description")?.unwrap_or_default(),
        disabled: one(values.disabled, "disabled")?,
        features: features.words(),
        server_quota: limit(values.server_block_quota, "server_block_quota")?,
        user_quota: limit(values.user_block_quota, "user_block_quota")?,
        used_bytes: used
            .map(|it| it.parse().map_err(|_| wrong("server_byte_quota_used")))
            .transpose()?,
        plan: one(values.plan, "plan")?.unwrap_or_default(),
        created_unix_seconds: created.parse().map_err(|_| wrong("created_unix_time"))?,
        ip_address: address.split_whitespace().next().unwrap_or_default().to_owned(),
        parent: parent.unwrap_or_default(),
        name,
    })
}

/// A list of strings that borrows from the body where it can.
#[derive(Debug)]
struct List<'a>(Vec<Cow<'a, str>>);

impl List<'_> {
    /// The only value; `None` where there are none or several.
    fn single(mut self) -> Option<String> {
        let last = self.0.pop()?;
        self.0.is_empty().then(|| last.into_owned())
    }

    /// The words of all values.
    fn words(&self) -> Vec<String> {
        self.0.iter().flat_map(|it| it.split_whitespace()).map(str::to_owned).collect()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for List<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor).map(Self)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = Vec<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        #[derive(Deserialize)]
        struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
        let mut list = Vec::with_capacity(1);
        while let Some(Text(text)) = seq.next_element()? {
            list.push(text);
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests;
