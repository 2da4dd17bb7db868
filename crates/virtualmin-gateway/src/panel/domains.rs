//! Reads `list-domains` into typed records: drops nothing, guesses nothing, keeps no secret.
//!
//! The listing contains passwords and hashes; the parser skips them.

use std::{borrow::Cow, collections::HashSet, fmt};

use model::quota::Limit;
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};

/// A virtual server as its host lists it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Domain {
    pub(crate) name: String,
    /// The panel's own opaque id.
    pub(crate) id: String,
    pub(crate) kind: Kind,
    /// The user name of its administrator.
    pub(crate) username: String,
    /// Its description, which holds our mark if the virtual server is ours.
    pub(crate) description: String,
    /// The reason why it is switched off; `None` if it is on.
    pub(crate) disabled: Option<String>,
    pub(crate) features: Vec<String>,
    /// The quota of its group in blocks of 1 KiB; `None` if the host keeps no group quota for it.
    pub(crate) server_quota: Option<Limit>,
    /// The quota of its user in blocks of 1 KiB; `None` if the host keeps none.
    pub(crate) user_quota: Option<Limit>,
    /// Bytes in use; only the full form of the listing has them.
    pub(crate) used_bytes: Option<u64>,
    /// The panel's own plan for it.
    pub(crate) plan: String,
    /// The time of creation, in seconds since 1970.
    pub(crate) created_unix_seconds: i64,
    /// Its first address.
    pub(crate) ip_address: String,
    /// The virtual server that it belongs to or is an alias of; empty for a top-level server.
    pub(crate) parent: String,
}

/// The sort of a virtual server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Has its own administrator.
    TopLevel,
    /// Belongs to a top-level server.
    SubServer,
    /// Shows the content of another virtual server.
    Alias,
}

impl Kind {
    /// The word for it in our contract.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::TopLevel => "top-level",
            Self::SubServer => "sub-server",
            Self::Alias => "alias",
        }
    }
}

/// Why a listing cannot be trusted. The message names a virtual server and a key, never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unrecognised {
    /// An object that does not look like a virtual server, such as a row of the table printed for people.
    #[error("an object of the listing is no virtual server")]
    Name,
    /// A key that every virtual server has is missing.
    #[error("{name} has no `{key}`")]
    Missing {
        /// The domain of the virtual server.
        name: String,
        key: &'static str,
    },
    /// A value does not have its form.
    #[error("`{key}` of {name} cannot be read")]
    Value {
        /// The domain of the virtual server.
        name: String,
        key: &'static str,
    },
    /// Two virtual servers have the same name.
    #[error("{name} is listed twice")]
    Twice {
        /// The domain of both.
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

/// The values that we read. Each is a list of strings, as everything in the listing is.
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
/// [`Unrecognised`] for the first object that cannot be read. No object may be left out, because an unlisted
/// virtual server counts as gone.
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
    // A virtual server with an IPv6 address of its own has two; each is followed by a remark such as
    // `(Shared)`.
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

/// A list of strings that borrows from the body if it can.
#[derive(Debug)]
struct List<'a>(Vec<Cow<'a, str>>);

impl List<'_> {
    /// The only value; `None` if there are none or several.
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
