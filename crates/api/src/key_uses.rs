//! What is sealed and signed with which key, over all columns.

use std::collections::BTreeMap;

use model::keys::SealedColumn;
use store::{Result, Store};

/// What is sealed and signed with a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Uses {
    /// The sealed values by column.
    pub(crate) values: BTreeMap<&'static str, u32>,
    /// Those that the last rotation passed over.
    pub(crate) unopened: u32,
    /// The signed heads of the audit log.
    pub(crate) heads: u32,
}

impl Uses {
    /// The values of a column.
    pub(crate) fn of(&self, column: SealedColumn) -> u32 {
        self.values.get(column.as_str()).copied().unwrap_or_default()
    }

    /// All values.
    pub(crate) fn total(&self) -> u32 {
        self.values.values().fold(0, |sum, it| sum.saturating_add(*it))
    }
}

/// What is left for a rotation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Left {
    /// Values that have another key, and may open.
    pub(crate) values: u32,
    /// Values that have another key, and do not open.
    pub(crate) unopened: u32,
}

impl Left {
    /// What is left for a new rotation, which tries again what the one before passed over.
    pub(crate) fn again(self) -> Self {
        Self { values: self.values.saturating_add(self.unopened), unopened: 0 }
    }
}

/// What is sealed and signed with each key in use.
pub(crate) async fn by_key(store: &Store) -> Result<BTreeMap<String, Uses>> {
    let mut keys: BTreeMap<String, Uses> = BTreeMap::new();
    for column in SealedColumn::ALL {
        for found in store.key_uses(column).await? {
            let uses = keys.entry(found.key_id).or_default();
            uses.values.insert(column.as_str(), found.values);
            uses.unopened = uses.unopened.saturating_add(found.unopened);
        }
    }
    for (id, heads) in store.keys_of_audit_heads().await? {
        keys.entry(id).or_default().heads = heads;
    }
    Ok(keys)
}

/// What is left for a rotation to this key.
pub(crate) fn left(keys: &BTreeMap<String, Uses>, wanted: &str) -> Left {
    let others = keys.iter().filter(|(id, _)| *id != wanted);
    others.fold(Left::default(), |left, (_, uses)| Left {
        values: left.values.saturating_add(uses.total().saturating_sub(uses.unopened)),
        unopened: left.unopened.saturating_add(uses.unopened),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_another_key_and_may_open_is_left() {
        let uses = |values: &[(&'static str, u32)], unopened| Uses {
            values: values.iter().copied().collect(),
            unopened,
            heads: 9,
        };
        let keys = BTreeMap::from([
            ("new".to_owned(), uses(&[("dns_key", 5)], 0)),
            ("old".to_owned(), uses(&[("dns_key", 2), ("account_password", 4)], 1)),
            ("older".to_owned(), uses(&[("panel_username", 3)], 3)),
            ("signed".to_owned(), uses(&[], 0)),
        ]);
        assert_eq!(left(&keys, "new"), Left { values: 5, unopened: 4 });
        assert_eq!(left(&BTreeMap::new(), "new"), Left::default());
    }
}
