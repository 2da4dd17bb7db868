//! Tests of the chosen server, and of the verdicts on the others.

use std::collections::BTreeSet;

use proptest::prelude::*;
use uuid::Uuid;

use super::{Candidate, MAX_VERDICTS, NoServer, Outcome, choose, usable};
use crate::ids::ServerId;
use crate::plan::{Feature, PlanTerms};
use crate::quota::Limit;
use crate::server::{ServerStatus, WithoutQuotas};

fn id(number: u128) -> ServerId {
    Uuid::from_u128(number).into()
}

fn tags(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// Terms without any limit or feature, for servers with these tags.
fn tagged(names: &[&str]) -> PlanTerms {
    PlanTerms {
        disk_mib: Limit::Unlimited,
        bandwidth_mib: Limit::Unlimited,
        mailboxes: Limit::Unlimited,
        databases: Limit::Unlimited,
        features: BTreeSet::new(),
        server_tags: tags(names),
    }
}

fn plain() -> PlanTerms {
    tagged(&[])
}

fn limited(mib: u64) -> PlanTerms {
    PlanTerms { disk_mib: Limit::AtMost(mib), ..plain() }
}

fn with_features(features: &[Feature]) -> PlanTerms {
    PlanTerms { features: features.iter().copied().collect(), ..plain() }
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
        features: None,
        keeps_quotas: None,
        without_quotas: WithoutQuotas::Refuse,
    }
}

fn chosen(candidates: &[Candidate]) -> ServerId {
    choose(candidates, &plain()).unwrap().server_id
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
    assert!(choose(&[active(1, 89, 100)], &plain()).is_ok());
    assert!(choose(&[active(1, 90, 100)], &plain()).is_err());
    assert!(choose(&[active(1, 0, 1)], &plain()).is_ok());
    assert!(choose(&[active(1, 1, 1)], &plain()).is_err());
    assert!(choose(&[active(1, 0, 0)], &plain()).is_err());
}

#[test]
fn only_an_active_server_takes_accounts() {
    for status in ServerStatus::ALL {
        let decision = choose(&[Candidate { status, ..active(1, 0, 10) }], &plain());
        assert_eq!(decision.is_ok(), status == ServerStatus::Active, "{status:?}");
    }
}

#[test]
fn a_server_out_of_service_is_the_last_choice() {
    let faulted =
        |number, accounts| Candidate { out_of_service: true, ..active(number, accounts, 10) };
    let decision = choose(&[faulted(1, 0), active(2, 8, 10)], &plain()).unwrap();
    assert_eq!(decision.server_id, id(2));
    assert_eq!(decision.reason.verdicts[1].outcome, Outcome::OutOfService);
    // Its accounts wait for it, which is better than none.
    assert_eq!(chosen(&[faulted(1, 3), faulted(2, 2), active(3, 9, 10)]), id(2));
}

#[test]
fn wants_every_required_tag() {
    let both = Candidate { tags: tags(&["eu", "ssd", "spare"]), ..active(1, 8, 10) };
    let one = Candidate { tags: tags(&["eu"]), ..active(2, 0, 10) };
    let decision = choose(&[one, both], &tagged(&["eu", "ssd"])).unwrap();
    assert_eq!(decision.server_id, id(1));
    assert_eq!(decision.reason.verdicts[1].outcome, Outcome::MissingTags { tags: tags(&["ssd"]) });
}

#[test]
fn the_error_counts_the_unfit_servers_by_reason_with_remedies() {
    let down = Candidate { status: ServerStatus::Unavailable, ..active(1, 9, 10) };
    let in_eu = Candidate { tags: tags(&["eu"]), ..active(2, 9, 10) };
    let error = choose(&[down, in_eu, active(3, 9, 10), active(4, 0, 10)], &tagged(&["eu"]));
    let expected = NoServer {
        required_tags: tags(&["eu"]),
        considered: 4,
        not_active: 1,
        missing_tags: 2,
        missing_features: Vec::new(),
        no_quotas: Vec::new(),
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
        choose(&[], &plain()).unwrap_err().to_string(),
        "no server can take the account: there is none; register one and activate it"
    );
}

#[test]
fn a_host_that_lacks_a_feature_of_the_plan_never_takes_it() {
    let offers = |number: u128, features: &[&str]| Candidate {
        features: Some(tags(features)),
        ..active(number, if number == 1 { 1 } else { 2 }, 10)
    };
    let (bare, full) = (offers(1, &["unix", "dir", "web"]), offers(2, &["web", "mysql", "mail"]));
    let terms = with_features(&[Feature::Web, Feature::Mysql]);
    let decision = choose(&[bare.clone(), full.clone()], &terms).unwrap();
    assert_eq!(decision.server_id, full.id);
    let lacking = Outcome::MissingFeatures { features: [Feature::Mysql].into() };
    assert_eq!(lacking.to_string(), "lacks the feature mysql");
    assert_eq!(decision.reason.verdicts[1].outcome, lacking);
    let web = with_features(&[Feature::Web]);
    assert_eq!(choose(&[bare.clone(), full], &web).unwrap().server_id, bare.id, "it has that one");
    assert_eq!(choose(&[active(3, 0, 10)], &terms).unwrap().server_id, id(3), "unknown is no lack");

    let more = with_features(&[Feature::Web, Feature::Mail, Feature::Mysql]);
    let error = choose(&[offers(4, &["web"]), bare], &more).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no server can take the account; servers looked at: 2; without features of the plan: vm1 lacks mail, mysql, \
         vm4 lacks mail, mysql (switch them on in Virtualmin and verify the server, or sell a plan without them)"
    );
}

#[test]
fn a_limit_that_nobody_enforces_is_refused_or_said_in_words_as_the_server_wants() {
    let without = |number, without_quotas| Candidate {
        keeps_quotas: Some(false),
        without_quotas,
        ..active(number, 0, 10)
    };
    let refuses = without(1, WithoutQuotas::Refuse);
    let accepts = without(2, WithoutQuotas::Accept);
    let keeps = Candidate { keeps_quotas: Some(true), ..active(3, 5, 10) };

    let decision = choose(&[refuses.clone(), keeps.clone()], &limited(512)).unwrap();
    assert_eq!((decision.server_id, decision.reason.unenforced), (keeps.id, vec![]));
    let no_quotas = Outcome::NoQuotas { disk_mib: 512 };
    assert_eq!(decision.reason.verdicts[1].outcome, no_quotas);
    assert_eq!(
        no_quotas.to_string(),
        "keeps no quotas, so that nothing would enforce the limit of 512 MiB of disk space"
    );

    let decision = choose(&[refuses.clone(), accepts.clone()], &limited(512)).unwrap();
    assert_eq!(decision.server_id, accepts.id);
    assert_eq!(
        decision.reason.unenforced,
        ["the limit of 512 MiB of disk space is not enforced, since vm2 keeps no quotas"]
    );

    let unknown = choose(&[active(4, 0, 10)], &limited(512)).unwrap();
    let [words] = &unknown.reason.unenforced[..] else { panic!("{unknown:?}") };
    assert!(words.starts_with("whether the limit of 512 MiB") && words.contains("vm4"), "{words}");

    for candidate in [refuses.clone(), accepts, keeps, active(4, 0, 10)] {
        let decision = choose(&[candidate], &plain()).unwrap();
        assert_eq!(decision.reason.unenforced, [""; 0], "nothing was limited");
    }
    assert_eq!(
        choose(&[refuses], &limited(512)).unwrap_err().to_string(),
        "no server can take the account; servers looked at: 1; without quotas for the plan's limit on disk space: vm1 \
         (switch disk quotas on and verify the server, or accept it with `praho servers update vm1 --without-quotas accept`)"
    );
}

#[test]
fn the_error_names_the_first_servers_and_counts_the_others() {
    let without =
        (1..=7).map(|number| Candidate { keeps_quotas: Some(false), ..active(number, 0, 10) });
    let error = choose(&without.collect::<Vec<_>>(), &limited(1)).unwrap_err().to_string();
    assert!(error.contains("vm1, vm2, vm3, vm4, vm5 and 2 more ("), "{error}");
}

#[test]
fn a_decision_is_readable_json() {
    let draining = Candidate { status: ServerStatus::Draining, ..active(2, 3, 0) };
    let decision = choose(&[draining, active(1, 1, 3)], &plain()).unwrap();
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
                "unenforced": [],
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
    let features = prop::sample::select(vec!["web".to_owned(), "mysql".to_owned()]);
    let features = prop::option::of(prop::collection::btree_set(features, 0..3));
    let quotas = (any::<Option<bool>>(), prop::sample::select(&WithoutQuotas::ALL[..]));
    prop::collection::vec((figures, status, tags, features, quotas), 0..40).prop_map(|servers| {
        let candidate = |(number, ((accounts, capacity), status, tags, features, quotas))| {
            let (keeps_quotas, without_quotas) = quotas;
            Candidate {
                status,
                tags,
                features,
                keeps_quotas,
                without_quotas,
                ..active(number, accounts, capacity)
            }
        };
        (0..).zip(servers).map(candidate).collect()
    })
}

fn any_terms() -> impl Strategy<Value = PlanTerms> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(eu, mysql, limited)| PlanTerms {
        disk_mib: if limited { Limit::AtMost(512) } else { Limit::Unlimited },
        features: if mysql { [Feature::Mysql].into() } else { BTreeSet::new() },
        ..if eu { tagged(&["eu"]) } else { plain() }
    })
}

/// Whether the server can carry the terms, said in another way than placement does.
fn can_carry(server: &Candidate, terms: &PlanTerms) -> bool {
    let has = |feature: &Feature| match &server.features {
        Some(features) => features.contains(feature.as_str()),
        None => true,
    };
    let is_enforced = server.keeps_quotas != Some(false) || terms.disk_mib == Limit::Unlimited;
    terms.features.iter().all(has)
        && (is_enforced || server.without_quotas == WithoutQuotas::Accept)
}

proptest! {
    #[test]
    fn chooses_an_eligible_server_that_none_undercuts(candidates in any_candidates(), terms in any_terms()) {
        let eligible: Vec<_> = candidates
            .iter()
            .filter(|it| it.status == ServerStatus::Active && terms.server_tags.is_subset(&it.tags))
            .filter(|it| can_carry(it, &terms))
            .filter(|it| it.accounts < usable(it.capacity))
            .collect();
        match choose(&candidates, &terms) {
            Ok(decision) => {
                let chosen = eligible.iter().find(|it| it.id == decision.server_id);
                let chosen = chosen.expect("the chosen server is eligible");
                for other in &eligible {
                    let (a, b) = (u128::from(chosen.accounts), u128::from(other.accounts));
                    prop_assert!(a * u128::from(other.capacity) <= b * u128::from(chosen.capacity));
                }
                let reason = decision.reason;
                let is_surely_kept = chosen.keeps_quotas == Some(true) || terms.disk_mib == Limit::Unlimited;
                prop_assert_eq!(reason.unenforced.is_empty(), is_surely_kept, "whatever may not be kept is said");
                prop_assert_eq!((reason.considered, reason.eligible), (candidates.len(), eligible.len()));
                prop_assert_eq!(reason.verdicts.len(), candidates.len().min(MAX_VERDICTS));
                prop_assert_eq!(reason.verdicts[0].server_id, decision.server_id);
                let chosen = reason.verdicts.iter().filter(|it| it.outcome == Outcome::Chosen);
                prop_assert_eq!(chosen.count(), 1);
            }
            Err(none) => {
                prop_assert!(eligible.is_empty());
                prop_assert_eq!(none.considered, candidates.len());
                let unable = none.missing_tags + none.missing_features.len() + none.no_quotas.len();
                prop_assert_eq!(none.not_active + unable + none.full, none.considered);
            }
        }
    }

    #[test]
    fn the_order_of_candidates_does_not_matter(candidates in any_candidates(), terms in any_terms()) {
        let reversed: Vec<_> = candidates.iter().rev().cloned().collect();
        prop_assert_eq!(choose(&candidates, &terms), choose(&reversed, &terms));
    }

    #[test]
    fn a_placed_account_leaves_a_tenth_free(capacity in 2_u32.., accounts: u32) {
        if choose(&[active(1, accounts, capacity)], &plain()).is_ok() {
            prop_assert!((u64::from(accounts) + 1) * 10 <= u64::from(capacity) * 9);
        }
    }
}
