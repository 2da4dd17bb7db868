//! Turns keys and their rotation into messages.

use std::collections::BTreeMap;

use contracts::{moment::to_timestamp, provisioning::v1};
use model::keys::{Ring, Rotation, SealedColumn};

use crate::key_uses::{Left, Uses};

pub(crate) fn key(id: &str, uses: &Uses, rings: &[Ring], wanted: Option<&str>) -> v1::Key {
    let mut holders: BTreeMap<&str, v1::KeyHolder> = BTreeMap::new();
    for ring in rings.iter().filter(|ring| ring.keys.iter().any(|key| key.id == id)) {
        let holder = holders.entry(&ring.service).or_default();
        holder.service.clone_from(&ring.service);
        holder.processes += 1;
        holder.sealing += u32::from(ring.keys.first().is_some_and(|key| key.id == id));
    }
    let holders: Vec<_> = holders.into_values().collect();
    let seals = holders.iter().any(|it| it.sealing > 0) || wanted == Some(id);
    v1::Key {
        id: id.to_owned(),
        credentials: uses
            .of(SealedColumn::PanelUsername)
            .saturating_add(uses.of(SealedColumn::PanelPassword)),
        passwords: uses.of(SealedColumn::AccountPassword),
        dns_keys: uses.of(SealedColumn::DnsKey),
        shell_keys: uses.of(SealedColumn::ShellKey),
        unopened: uses.unopened,
        audit_heads: uses.heads,
        holders,
        droppable: uses.total() == 0 && !seals,
    }
}

pub(crate) fn key_rotation(rotation: &Rotation, left: Left) -> v1::KeyRotation {
    v1::KeyRotation {
        key_id: rotation.key_id.clone(),
        asked_at: Some(to_timestamp(rotation.asked_at)),
        asked_by: rotation.asked_by.clone(),
        finished_at: rotation.finished_at.map(to_timestamp),
        resealed: rotation.resealed,
        left: left.values,
        unopened: left.unopened,
    }
}

#[cfg(test)]
mod tests {
    use model::keys::Key;

    use super::*;

    fn ring(service: &str, ids: &[&str]) -> Ring {
        let key = |id: &&str| Key { id: (*id).to_owned(), mark: String::new() };
        Ring { service: service.to_owned(), keys: ids.iter().map(key).collect() }
    }

    #[test]
    fn a_key_may_be_dropped_when_nothing_is_sealed_with_it_and_nobody_seals_with_it() {
        let rings = [ring("api", &["new", "old"]), ring("api", &["new"]), ring("worker", &["new"])];
        let unused = Uses { heads: 7, ..Uses::default() };
        let old = key("old", &unused, &rings, None);
        assert!(old.droppable);
        assert_eq!(
            (old.holders.len(), old.holders[0].processes, old.holders[0].sealing),
            (1, 1, 0)
        );
        let new = key("new", &unused, &rings, None);
        assert!(!new.droppable, "services seal with it");
        assert_eq!((new.holders[0].processes, new.holders[0].sealing), (2, 2));
        assert!(!key("old", &unused, &rings, Some("old")).droppable, "a rotation goes to it");
        let used = Uses { values: BTreeMap::from([("dns_key", 1)]), ..Uses::default() };
        let used = key("old", &used, &rings, None);
        assert_eq!((used.droppable, used.dns_keys, used.credentials), (false, 1, 0));
    }
}
