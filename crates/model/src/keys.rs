//! The keys that seal secrets: where sealed values are, which process has which keys, and what stands against a rotation.

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    ids::{AccountId, DnsServerId, ServerId},
    words,
};

/// A column with sealed values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum SealedColumn {
    /// The user names of panels, by server.
    PanelUsername,
    /// The passwords of panels, by server.
    PanelPassword,
    /// The private keys for the shells of hosts, by server.
    ShellKey,
    /// The passwords of accounts, by account.
    AccountPassword,
    /// The keys to the APIs of DNS servers, by DNS server.
    DnsKey,
}

impl SealedColumn {
    /// Every column.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name, as in the database.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// What its values are, in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::PanelUsername => "user names of panels",
            Self::PanelPassword => "passwords of panels",
            Self::ShellKey => "private keys for shells",
            Self::AccountPassword => "passwords of accounts",
            Self::DnsKey => "API keys of DNS servers",
        }
    }

    /// The context in which the value of this row is sealed.
    pub fn context(self, row: Uuid) -> String {
        match self {
            Self::PanelUsername => ServerId::from(row).username_context(),
            Self::PanelPassword => ServerId::from(row).password_context(),
            Self::ShellKey => ServerId::from(row).shell_key_context(),
            Self::AccountPassword => AccountId::from(row).password_context(),
            Self::DnsKey => DnsServerId::from(row).api_key_context(),
        }
    }
}

/// A key without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: String,
    /// By which two keys of the same id are told apart. No secret.
    pub mark: String,
}

/// The keys of one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    /// The program, such as `praho-api`.
    pub service: String,
    /// The keys. The first one seals, and all of them open.
    pub keys: Vec<Key>,
}

/// A rotation: all values are to be sealed with one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The id of the key.
    pub key_id: String,
    /// When it was asked for.
    pub asked_at: OffsetDateTime,
    /// Who asked for it, such as `token:0190…`.
    pub asked_by: String,
    /// The values that were sealed anew so far.
    pub resealed: u64,
    /// When no value was left that opens; `None` while services are at it.
    pub finished_at: Option<OffsetDateTime>,
}

/// Why values cannot be sealed with `wanted` now, and the remedy; `None` if they can.
///
/// Each process must have the key, or it could not open what others seal. And it must be the first, or the process would go on
/// sealing new values with another key.
pub fn obstacle(rings: &[Ring], wanted: &Key) -> Option<String> {
    rings.iter().find_map(|ring| {
        let (service, id) = (&ring.service, &wanted.id);
        let first = ring.keys.first()?;
        let known = ring.keys.iter().find(|key| key.id == *id);
        match known {
            None => Some(format!(
                "{service} does not have the key {id}: put it in front in the key file of {service}, and restart it"
            )),
            Some(known) if known.mark != wanted.mark => Some(format!(
                "{service} has another key with the id {id} than the API: give both the same key file, and restart them"
            )),
            Some(_) if first.id != *id => Some(format!(
                "{service} still seals with the key {}: put {id} in front in the key file of {service}, and restart it",
                first.id
            )),
            Some(_) => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::Index};

    use super::*;

    fn key(id: &str) -> Key {
        Key { id: id.to_owned(), mark: format!("mark of {id}") }
    }

    fn ring(ids: &[&str]) -> Ring {
        Ring { service: "praho-worker".to_owned(), keys: ids.iter().map(|id| key(id)).collect() }
    }

    #[test]
    fn a_rotation_needs_the_same_key_first_in_every_ring() {
        let wanted = key("new");
        assert_eq!(obstacle(&[], &wanted), None);
        assert_eq!(obstacle(&[ring(&["new"]), ring(&["new", "old"])], &wanted), None);
        let without = obstacle(&[ring(&["new"]), ring(&["old"])], &wanted).unwrap();
        assert!(without.starts_with("praho-worker does not have the key new"), "{without}");
        let second = obstacle(&[ring(&["old", "new"])], &wanted).unwrap();
        assert!(second.starts_with("praho-worker still seals with the key old"), "{second}");
        let other = Key { mark: "another".to_owned(), ..key("new") };
        let another = obstacle(&[ring(&["new"])], &other).unwrap();
        assert!(another.contains("another key with the id new"), "{another}");
    }

    proptest! {
        #[test]
        fn one_ring_that_differs_is_enough(count in 1..8_usize, at: Index, ids in prop::sample::select(vec![
            vec!["old"], vec!["old", "new"], vec!["other", "old"],
        ])) {
            let mut rings = vec![ring(&["new", "old"]); count];
            prop_assert_eq!(obstacle(&rings, &key("new")), None);
            rings[at.index(count)] = ring(&ids);
            prop_assert!(obstacle(&rings, &key("new")).is_some());
        }
    }

    #[test]
    fn each_column_has_the_context_that_its_values_are_sealed_in() {
        let row = Uuid::now_v7();
        let contexts = SealedColumn::ALL.map(|it| it.context(row));
        assert_eq!(
            contexts,
            [
                format!("server/{row}/username"),
                format!("server/{row}/password"),
                format!("server/{row}/shell-key"),
                format!("account/{row}/password"),
                format!("dns-server/{row}/api-key"),
            ]
        );
    }
}
