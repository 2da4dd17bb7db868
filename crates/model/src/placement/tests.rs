//! Tests of the chosen server, and of the verdicts on the others.

use std::collections::BTreeSet;

use proptest::prelude::*;
use uuid::Uuid;

use super::{Candidate, MAX_VERDICTS, NoServer, Outcome, choose, usable};
use crate::ids::ServerId;
use crate::server::ServerStatus;

fn id(number: u128) -> ServerId {
    Uuid::from_u128(number).into()
}

fn tags(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn active(number: u128, accounts: u32, capacity: u32) -> Candidate {
    let (id, name) = (id(number), format!("vm{number}"));
    Candidate {
        id,
        name,
        status: ServerStatus::Active,
        out_of_service: false,
        accounts,
        capacity,
        tags: tags(&[]),
    }
}

fn chosen(candidates: &[Candidate]) -> ServerId {
    choose(candidates, &tags(&[])).unwrap().server_id
}

#[test]
fn takes_the_lowest_share_of_capacity_and_not_the_fewest_accounts() {
    assert_eq!(chosen(&[active(1, 10, 20), active(2, 30, 100)]), id(2));
}

#[test]
fn breaks_ties_by_accounts_and_then_by_id() {
    assert_eq!(chosen(&[active(1, 20, 40), active(2, 10, 20)]), id(2));
    assert_eq!(chosen(&[active(2, 10, 20), active(1, 10, 20)]), id(1));
}

#[test]
fn compares_shares_that_a_percentage_would_call_equal() {
    assert_eq!(
        chosen(&[active(1, 2_000_001, 4_000_000_000), active(2, 2_000_000, 4_000_000_000)]),
        id(2)
    );
}

#[test]
fn leaves_a_tenth_free() {
    for (capacity, expected) in
        [(0, 0), (1, 1), (2, 1), (5, 4), (9, 8), (10, 9), (19, 17), (100, 90)]
    {
        assert_eq!(usable(capacity), expected, "{capacity}");
    }
    assert_eq!(usable(u32::MAX), 3_865_470_565);
    assert!(choose(&[active(1, 89, 100)], &tags(&[])).is_ok());
    assert!(choose(&[active(1, 90, 100)], &tags(&[])).is_err());
    assert!(choose(&[active(1, 0, 1)], &tags(&[])).is_ok());
    assert!(choose(&[active(1, 1, 1)], &tags(&[])).is_err());
    assert!(choose(&[active(1, 0, 0)], &tags(&[])).is_err());
}

#[test]
fn only_an_active_server_takes_accounts() {
    for status in ServerStatus::ALL {
        let decision = choose(&[Candidate { status, ..active(1, 0, 10) }], &tags(&[]));
        assert_eq!(decision.is_ok(), status == ServerStatus::Active, "{status:?}");
    }
}

#[test]
fn a_server_out_of_service_is_the_last_choice() {
    let faulted =
        |number, accounts| Candidate { out_of_service: true, ..active(number, accounts, 10) };
    let decision = choose(&[faulted(1, 0), active(2, 8, 10)], &tags(&[])).unwrap();
    assert_eq!(decision.server_id, id(2));
    assert_eq!(decision.reason.verdicts[1].outcome, Outcome::OutOfService);
    // Its accounts wait for it, which is better than none.
    assert_eq!(chosen(&[faulted(1, 3), faulted(2, 2), active(3, 9, 10)]), id(2));
}

#[test]
fn wants_every_required_tag() {
    let both = Candidate { tags: tags(&["eu", "ssd", "spare"]), ..active(1, 8, 10) };
    let one = Candidate { tags: tags(&["eu"]), ..active(2, 0, 10) };
    let decision = choose(&[one, both], &tags(&["eu", "ssd"])).unwrap();
    assert_eq!(decision.server_id, id(1));
    assert_eq!(decision.reason.verdicts[1].outcome, Outcome::MissingTags { tags: tags(&["ssd"]) });
}

#[test]
fn the_error_counts_the_unfit_servers_by_reason_with_remedies() {
    let down = Candidate { status: ServerStatus::Unavailable, ..active(1, 9, 10) };
    let tagged = Candidate { tags: tags(&["eu"]), ..active(2, 9, 10) };
    let error = choose(&[down, tagged, active(3, 9, 10), active(4, 0, 10)], &tags(&["eu"]));
    let expected = NoServer {
        required_tags: tags(&["eu"]),
        considered: 4,
        not_active: 1,
        missing_tags: 2,
        full: 1,
    };
    assert_eq!(error, Err(expected.clone()));
    assert_eq!(
        expected.to_string(),
        "no server can take the account; servers looked at: 4; not active: 1 (activate one); \
         without all the tags eu: 2 (tag one, or ask for fewer); \
         full to 90 %: 1 (add a server, or raise a capacity)"
    );
    assert_eq!(
        choose(&[], &tags(&[])).unwrap_err().to_string(),
        "no server can take the account: there is none; register one and activate it"
    );
}

#[test]
fn a_decision_is_readable_json() {
    let draining = Candidate { status: ServerStatus::Draining, ..active(2, 3, 0) };
    let decision = choose(&[draining, active(1, 1, 3)], &tags(&[])).unwrap();
    let json = serde_json::to_value(&decision).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "server_id": id(1),
            "reason": {
                "required_tags": [], "considered": 2, "eligible": 1,
                "verdicts": [
                    {"server_id": id(1), "server_name": "vm1", "accounts": 1, "capacity": 3, "load_percent": 33,
                     "outcome": "chosen"},
                    {"server_id": id(2), "server_name": "vm2", "accounts": 3, "capacity": 0, "load_percent": null,
                     "outcome": "not_active", "status": "draining"},
                ],
            },
        })
    );
    assert_eq!(serde_json::from_value::<super::Decision>(json).unwrap(), decision);
}

fn any_candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let figures = prop_oneof![(0_u32..12, 0_u32..12), any::<(u32, u32)>()];
    let status = prop_oneof![3 => Just(ServerStatus::Active), 1 => prop::sample::select(&ServerStatus::ALL[..])];
    let tags = prop::collection::btree_set(
        prop::sample::select(vec!["eu".to_owned(), "ssd".to_owned()]),
        0..3,
    );
    prop::collection::vec((figures, status, tags), 0..40).prop_map(|servers| {
        let candidate = |(number, ((accounts, capacity), status, tags))| Candidate {
            status,
            tags,
            ..active(number, accounts, capacity)
        };
        (0..).zip(servers).map(candidate).collect()
    })
}

proptest! {
    #[test]
    fn chooses_an_eligible_server_that_none_undercuts(candidates in any_candidates(), eu: bool) {
        let required = if eu { tags(&["eu"]) } else { tags(&[]) };
        let eligible: Vec<_> = candidates
            .iter()
            .filter(|it| it.status == ServerStatus::Active && required.is_subset(&it.tags))
            .filter(|it| it.accounts < usable(it.capacity))
            .collect();
        match choose(&candidates, &required) {
            Ok(decision) => {
                let chosen = eligible.iter().find(|it| it.id == decision.server_id);
                let chosen = chosen.expect("the chosen server is eligible");
                for other in &eligible {
                    let (a, b) = (u128::from(chosen.accounts), u128::from(other.accounts));
                    prop_assert!(a * u128::from(other.capacity) <= b * u128::from(chosen.capacity));
                }
                let reason = decision.reason;
                prop_assert_eq!((reason.considered, reason.eligible), (candidates.len(), eligible.len()));
                prop_assert_eq!(reason.verdicts.len(), candidates.len().min(MAX_VERDICTS));
                prop_assert_eq!(reason.verdicts[0].server_id, decision.server_id);
                let chosen = reason.verdicts.iter().filter(|it| it.outcome == Outcome::Chosen);
                prop_assert_eq!(chosen.count(), 1);
            }
            Err(none) => {
                prop_assert!(eligible.is_empty());
                prop_assert_eq!(none.considered, candidates.len());
                prop_assert_eq!(none.not_active + none.missing_tags + none.full, none.considered);
            }
        }
    }

    #[test]
    fn the_order_of_candidates_does_not_matter(candidates in any_candidates()) {
        let reversed: Vec<_> = candidates.iter().rev().cloned().collect();
        prop_assert_eq!(choose(&candidates, &tags(&[])), choose(&reversed, &tags(&[])));
    }

    #[test]
    fn a_placed_account_leaves_a_tenth_free(capacity in 2_u32.., accounts: u32) {
        if choose(&[active(1, accounts, capacity)], &tags(&[])).is_ok() {
            prop_assert!((u64::from(accounts) + 1) * 10 <= u64::from(capacity) * 9);
        }
    }
}
