//! Plans for zones of any content.

use proptest::prelude::*;

use super::*;
use crate::zone::SeenRecord;

const ZONE: &str = "example.ro";

fn owner() -> Owner {
    Owner("0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f".parse().unwrap())
}

fn wanted(name: &str, kind: RecordType, contents: &[&str]) -> RecordSet {
    let contents = contents.iter().map(|&content| content.to_owned()).collect();
    RecordSet { name: name.to_owned(), kind, ttl: 300, contents }
}

fn seen(set: &RecordSet, notes: Vec<Note>) -> SeenSet {
    let record = |content: &String| SeenRecord { content: content.clone(), disabled: false };
    SeenSet {
        name: set.name.clone(),
        kind: set.kind.as_str().to_owned(),
        ttl: set.ttl,
        records: set.contents.iter().map(record).collect(),
        notes,
    }
}

/// A zone after its provider has applied `changes`.
fn applied(mut zone: Vec<SeenSet>, changes: &[Change]) -> Vec<SeenSet> {
    for change in changes {
        let at = zone.iter().position(|set| set.name == change.name && set.kind == change.kind);
        let before = at.map(|at| zone.remove(at));
        if let ChangeAction::Replace { ttl, contents, notes } = &change.action {
            let kept = before.map(|set| set.notes).unwrap_or_default();
            zone.push(SeenSet {
                name: change.name.clone(),
                kind: change.kind.clone(),
                ttl: *ttl,
                records: contents
                    .iter()
                    .map(|content| SeenRecord { content: content.clone(), disabled: false })
                    .collect(),
                notes: notes.clone().unwrap_or(kept),
            });
        }
    }
    zone
}

fn a_set() -> impl Strategy<Value = RecordSet> {
    let name = prop::sample::select(vec!["example.ro", "www.example.ro", "mail.example.ro"]);
    let contents = prop_oneof![
        prop::collection::btree_set("192\\.0\\.2\\.[1-9]", 1..3)
            .prop_map(|contents| (RecordType::A, contents)),
        prop::collection::btree_set("2001:db8::[1-9]", 1..3)
            .prop_map(|contents| (RecordType::Aaaa, contents)),
        prop::collection::btree_set("[1-9]0 mx[12]\\.example\\.ro\\.", 1..3)
            .prop_map(|contents| (RecordType::Mx, contents)),
        prop::collection::btree_set("\"[a-z;=]{0,9}\"", 1..3)
            .prop_map(|contents| (RecordType::Txt, contents)),
    ];
    (name, contents, 1..3_u32).prop_map(|(name, (kind, contents), ttl)| RecordSet {
        name: name.to_owned(),
        kind,
        ttl: ttl * 300,
        contents: contents.into_iter().collect(),
    })
}

fn distinct(sets: Vec<RecordSet>) -> Vec<RecordSet> {
    let mut keys = BTreeSet::new();
    sets.into_iter().filter(|set| keys.insert((set.name.clone(), set.kind))).collect()
}

fn sets() -> impl Strategy<Value = Vec<RecordSet>> {
    prop::collection::vec(a_set(), 0..8).prop_map(distinct)
}

/// Our sets and foreign ones, with and without notes, and sometimes an alias.
fn a_zone() -> impl Strategy<Value = Vec<SeenSet>> {
    let note = Note { text: "ask Maria".to_owned(), author: "maria".to_owned() };
    let other = Owner("0190d3e8-7b5c-7c3a-9d2e-000000000000".parse().unwrap()).mark();
    let notes = prop::sample::select(vec![
        vec![owner().mark()],
        vec![note.clone(), owner().mark()],
        vec![],
        vec![note],
        vec![other],
    ]);
    let alias = SeenSet {
        name: "mail.example.ro".to_owned(),
        kind: "CNAME".to_owned(),
        ttl: 300,
        records: vec![SeenRecord { content: "elsewhere.net.".to_owned(), disabled: false }],
        notes: vec![],
    };
    (sets(), prop::collection::vec(notes, 8), prop::bool::weighted(0.1)).prop_map(
        move |(sets, notes, aliased)| {
            let sets = sets.iter().zip(notes).map(|(set, notes)| seen(set, notes));
            sets.chain(aliased.then(|| alias.clone())).collect()
        },
    )
}

proptest! {
    #[test]
    fn a_plan_without_conflict_yields_what_is_wanted(wanted in sets(), zone in a_zone()) {
        let plan = owner().plan(&wanted, &zone);
        let after = applied(zone, &plan.changes);
        for set in &wanted {
            let there = after.iter().any(|found| is_at(found, &set.name, set.kind.as_str()) && is_equal(found, set));
            let aliased = after.iter().any(|found| is_at(found, &set.name, "CNAME"));
            let refused = plan.conflicts.iter().any(|conflict| conflict.name == set.name);
            prop_assert!(there && !aliased || refused, "{set:?} in {after:?}");
        }
        let ours = owner().owned(&after);
        prop_assert!(ours.iter().all(|our| wanted.iter().any(|set| set.name == our.name && set.kind == our.kind)));
    }

    #[test]
    fn a_plan_that_was_applied_is_empty_the_second_time(wanted in sets(), zone in a_zone()) {
        let first = owner().plan(&wanted, &zone);
        let second = owner().plan(&wanted, &applied(zone, &first.changes));
        prop_assert_eq!(second, Plan { conflicts: first.conflicts, ..Plan::default() });
    }

    #[test]
    fn a_foreign_set_is_never_touched(wanted in sets(), zone in a_zone()) {
        let plan = owner().plan(&wanted, &zone);
        let after = applied(zone.clone(), &plan.changes);
        for set in zone.iter().filter(|set| !owner().owns(set)) {
            prop_assert!(after.contains(set), "{set:?} in {after:?}");
        }
        for note in zone.iter().flat_map(|set| &set.notes).filter(|note| note.author == "maria") {
            let kept = |zone: &[SeenSet]| zone.iter().filter(|set| set.notes.contains(note)).count();
            let gone = plan.changes.iter().filter(|change| change.action == ChangeAction::Delete).count();
            prop_assert!(kept(&after) + gone >= kept(&zone));
        }
    }

    #[test]
    fn an_empty_plan_removes_all_our_sets(zone in a_zone()) {
        let plan = owner().plan(&[], &zone);
        prop_assert!(plan.conflicts.is_empty());
        prop_assert!(!applied(zone, &plan.changes).iter().any(|set| owner().owns(set)));
    }
}

#[test]
fn a_foreign_set_in_the_place_of_a_wanted_one_is_a_conflict_that_names_it() {
    let ours = wanted("www.example.ro", RecordType::A, &["192.0.2.7"]);
    let foreign = wanted("www.example.ro", RecordType::A, &["203.0.113.9"]);
    let plan = owner().plan(&[ours], &[seen(&foreign, vec![])]);
    assert!(plan.changes.is_empty());
    assert_eq!(plan.conflicts[0].to_string(), "www.example.ro A (203.0.113.9)");
}

#[test]
fn a_foreign_set_with_the_wanted_content_stays_foreign() {
    let set = wanted("www.example.ro", RecordType::A, &["192.0.2.7"]);
    let zone = [seen(&set, vec![])];
    assert_eq!(owner().plan(std::slice::from_ref(&set), &zone), Plan::default());
    assert_eq!(owner().plan(&[], &zone), Plan::default());
}

#[test]
fn a_disabled_record_is_enabled_again() {
    let set = wanted("www.example.ro", RecordType::A, &["192.0.2.7"]);
    let mut off = seen(&set, vec![owner().mark()]);
    off.records[0].disabled = true;
    assert_eq!(owner().plan(&[set], &[off]).changes.len(), 1);
}

#[test]
fn only_soa_and_name_servers_of_the_apex_belong_to_every_zone() {
    let of = |name: &str, kind: &str| SeenSet {
        name: name.to_owned(),
        kind: kind.to_owned(),
        ttl: 3600,
        records: vec![],
        notes: vec![],
    };
    let bare = [of("example.ro", "SOA"), of("example.ro", "NS")];
    assert!(!owner().has_foreign_sets(ZONE, &bare));
    assert!(owner().has_foreign_sets(ZONE, &[&bare[..], &[of("shop.example.ro", "NS")]].concat()));
    assert!(owner().has_foreign_sets(ZONE, &[&bare[..], &[of("example.ro", "CAA")]].concat()));
}
