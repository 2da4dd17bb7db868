//! Reads `list-domains` into typed records: drops nothing, guesses nothing, keeps no secret.
//!
//! The listing contains passwords and hashes; the parser skips them.

use std::collections::HashSet;

use model::quota::Limit;
use serde::Deserialize;

use super::objects::{self, List, Object, Reader, Unrecognised};

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

/// One object of `data`.
pub(crate) type Listed<'a> = Object<'a, Values<'a>>;

/// The values that we read. Each is a list of strings, as everything in the listing is.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct Values<'a> {
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

fn record(Object { name, values }: Listed<'_>) -> Result<Domain, Unrecognised> {
    let name = name.into_owned();
    objects::check_name(&name)?;
    let reader = Reader(&name);
    let wrong = |key| reader.wrong(key);
    let one = |list, key| reader.one(list, key);
    let some = |list, key| reader.some(list, key);
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
    let features = values.features.ok_or_else(|| reader.missing("features"))?;
    // A virtual server with an IPv6 address of its own has two; each is followed by a remark such as
    // `(Shared)`.
    let address = values.ip_address.and_then(List::first).unwrap_or_default();
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

#[cfg(test)]
mod tests;
