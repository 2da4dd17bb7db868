//! The fields shown of keys and their rotation.

use contracts::{
    moment::from_timestamp,
    provisioning::v1::{Key, KeyHolder, KeyRotation},
};

use crate::field::{
    Field,
    Place::{Text, Whole, Words},
    Resource, moment,
};

impl Resource for Key {
    const PLURAL: &'static str = "keys";

    fn fields(&self) -> Vec<Field> {
        let unsealed = "(no sealed value)";
        let id = if self.id.is_empty() { unsealed } else { &self.id };
        let holders: Vec<_> = self.holders.iter().map(holder).collect();
        vec![
            Field::new(Text, "key", id),
            Field::new(Whole, "droppable", if self.droppable { "yes" } else { "no" }),
            Field::new(Text, "seals", sealed(self)),
            Field::new(Whole, "unopened", self.unopened.to_string()),
            Field::new(Whole, "heads", self.audit_heads.to_string()),
            Field::new(Words, "services", holders.join(", ")),
        ]
    }
}

fn holder(holder: &KeyHolder) -> String {
    let KeyHolder { service, processes, sealing } = holder;
    let count = if *processes > 1 { format!(" ×{processes}") } else { String::new() };
    match sealing {
        0 => format!("{service}{count}"),
        all if all == processes => format!("{service}{count} (seals)"),
        some => format!("{service}{count} ({some} seal)"),
    }
}

/// What is sealed with a key, in words: only what there is.
fn sealed(key: &Key) -> String {
    let counts = [
        (key.credentials, "panel credentials"),
        (key.passwords, "account passwords"),
        (key.dns_keys, "DNS keys"),
        (key.shell_keys, "SSH keys"),
    ];
    let words = counts.iter().filter(|(count, _)| *count > 0);
    let words: Vec<_> = words.map(|(count, what)| format!("{} {what}", counted(*count))).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

/// Where the API stops counting.
const COUNTED: u32 = 100_000;

fn counted(count: u32) -> String {
    if count < COUNTED { count.to_string() } else { format!("{COUNTED} or more") }
}

impl Resource for KeyRotation {
    const PLURAL: &'static str = "rotations";

    fn fields(&self) -> Vec<Field> {
        let at = |moment| from_timestamp(moment);
        vec![
            Field::new(Whole, "key", &self.key_id),
            Field::new(Whole, "asked", moment(self.asked_at.as_ref().and_then(at))),
            Field::new(Text, "by", &self.asked_by),
            Field::new(Whole, "finished", moment(self.finished_at.as_ref().and_then(at))),
            Field::new(Whole, "sealed anew", self.resealed.to_string()),
            Field::new(Whole, "left", self.left.to_string()),
            Field::new(Whole, "unopened", self.unopened.to_string()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_key_seals_is_told_in_words() {
        assert_eq!(sealed(&Key::default()), "nothing");
        let key = Key { credentials: 2, dns_keys: COUNTED, ..Key::default() };
        assert_eq!(sealed(&key), "2 panel credentials, 100000 or more DNS keys");
    }

    #[test]
    fn a_holder_says_how_many_of_its_processes_seal() {
        let told = |processes, sealing| {
            holder(&KeyHolder { service: "praho-api".to_owned(), processes, sealing })
        };
        assert_eq!(told(1, 0), "praho-api");
        assert_eq!(told(1, 1), "praho-api (seals)");
        assert_eq!(told(3, 2), "praho-api ×3 (2 seal)");
    }
}
