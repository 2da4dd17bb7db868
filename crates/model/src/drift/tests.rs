//! Tests that drift is found completely, once, and in any order, and that a wrong listing is doubted.

use proptest::{collection::btree_map, option, prelude::*, sample::select};

use super::*;
use crate::{
    account::Account,
    server::{Server, ServerKind, ServerStatus, Trust, WithoutQuotas},
    words::pinned::{are, are_stored},
};

const TOLERANCE: Tolerance = Tolerance { percent: 30, from_accounts: 10 };

fn account(number: u16) -> Wanted {
    Wanted {
        account_id: AccountId::generate(),
        domain: format!("site{number}.test").parse().unwrap(),
        username: Some(format!("site{number}").parse().unwrap()),
        disk_mib: Limit::AtMost(1024),
        features: [Feature::Web, Feature::Mail].into(),
        disabled: false,
        settled: true,
    }
}

/// The listing of a virtual server that is exactly as an account wants it.
fn as_wanted(account: &Wanted) -> Seen {
    Seen {
        domain: account.domain.to_string(),
        top_level: true,
        marker: Account::marker(account.account_id),
        username: account.username.as_ref().unwrap().to_string(),
        quota_kib: Some(account.disk_mib.mib_to_blocks().unwrap()),
        features: ["unix", "dir", "web", "mail"].map(str::to_owned).into(),
        disabled: account.disabled,
    }
}

/// Changes the listing of an account's virtual server in the way of `field`; `None` means that it is gone.
fn bend(field: Field, seen: Seen) -> Option<Seen> {
    match field {
        Field::Existence => None,
        Field::Owner => Some(Seen { marker: "someone else's".to_owned(), ..seen }),
        Field::Name => Some(Seen { domain: format!("moved-{}", seen.domain), ..seen }),
        Field::Status => Some(Seen { disabled: !seen.disabled, ..seen }),
        Field::User => Some(Seen { username: "other".to_owned(), ..seen }),
        Field::Quota => Some(Seen { quota_kib: Some(Limit::Unlimited), ..seen }),
        Field::Features => Some(Seen { features: ["web".to_owned()].into(), ..seen }),
        Field::Unknown | Field::QuotaSupport | Field::Listing => Some(seen),
    }
}

const OF_ACCOUNTS: [Field; 7] = [
    Field::Existence,
    Field::Owner,
    Field::Name,
    Field::Status,
    Field::User,
    Field::Quota,
    Field::Features,
];

fn any_accounts() -> impl Strategy<Value = Vec<Wanted>> {
    btree_map(any::<u16>(), (any::<bool>(), any::<bool>()), 0..30).prop_map(|accounts| {
        let account = |(number, (disabled, unlimited))| {
            let disk_mib = if unlimited { Limit::Unlimited } else { Limit::AtMost(1024) };
            Wanted { disabled, disk_mib, ..account(number) }
        };
        accounts.into_iter().map(account).collect()
    })
}

/// Accounts, each with the field in which its virtual server differs, if any.
fn bent_accounts() -> impl Strategy<Value = Vec<(Wanted, Option<Field>)>> {
    let fields = option::of(select(&OF_ACCOUNTS[..]));
    any_accounts().prop_flat_map(move |accounts| {
        let fields = proptest::collection::vec(fields.clone(), accounts.len());
        fields.prop_map(move |fields| accounts.iter().cloned().zip(fields).collect())
    })
}

fn split(bent: &[(Wanted, Option<Field>)]) -> (Vec<Wanted>, Vec<Seen>) {
    let see = |(account, field): &(Wanted, Option<Field>)| match field {
        Some(Field::Quota) if account.disk_mib == Limit::Unlimited => {
            Some(Seen { quota_kib: Some(Limit::AtMost(1)), ..as_wanted(account) })
        }
        Some(field) => bend(*field, as_wanted(account)),
        None => Some(as_wanted(account)),
    };
    (bent.iter().map(|it| it.0.clone()).collect(), bent.iter().filter_map(see).collect())
}

proptest! {
    #[test]
    fn a_server_that_is_as_wanted_has_no_difference(accounts in any_accounts()) {
        let seen: Vec<Seen> = accounts.iter().map(as_wanted).collect();
        prop_assert_eq!(compare(&accounts, &seen), []);
        prop_assert_eq!(believe(&accounts, &seen, &[], TOLERANCE), Ok(()));
    }

    #[test]
    fn every_difference_is_found_once(bent in bent_accounts()) {
        let (wanted, seen) = split(&bent);
        let found: Vec<_> =
            compare(&wanted, &seen).into_iter().map(|it| (it.account_id, it.field)).collect();
        let mut made: Vec<_> = bent
            .iter()
            .filter_map(|(account, field)| Some((Some(account.account_id), (*field)?)))
            .collect();
        made.sort();
        let mut sorted = found.clone();
        sorted.sort();
        prop_assert_eq!(sorted, made);
    }

    #[test]
    fn the_order_of_rows_and_listing_does_not_matter(
        bent in bent_accounts().prop_flat_map(|it| (Just(it.clone()), Just(it).prop_shuffle())),
    ) {
        let (one, another) = (split(&bent.0), split(&bent.1));
        prop_assert_eq!(compare(&one.0, &one.1), compare(&another.0, &another.1));
    }

    #[test]
    fn an_unclaimed_domain_is_unknown_and_no_account_differs(
        accounts in any_accounts(), marked in any::<bool>(),
    ) {
        let mut seen: Vec<Seen> = accounts.iter().map(as_wanted).collect();
        let marker = if marked { Account::marker(AccountId::generate()) } else { "x".to_owned() };
        seen.push(Seen { domain: "stray.test".to_owned(), marker, ..as_wanted(&account(0)) });
        let found = compare(&accounts, &seen);
        prop_assert_eq!(found.len(), 1);
        prop_assert_eq!((found[0].account_id, found[0].field), (None, Field::Unknown));
        prop_assert_eq!(&found[0].domain, "stray.test");
    }

    #[test]
    fn an_account_that_is_not_settled_neither_differs_nor_leaves_unknowns(bent in bent_accounts()) {
        let (wanted, seen) = split(&bent);
        let wanted: Vec<Wanted> =
            wanted.into_iter().map(|it| Wanted { settled: false, ..it }).collect();
        prop_assert_eq!(compare(&wanted, &seen), []);
        prop_assert_eq!(believe(&wanted, &[], &[], TOLERANCE), Ok(()));
    }
}

#[test]
fn sub_servers_and_aliases_are_their_owners_business() {
    let stray = Seen { top_level: false, ..as_wanted(&account(1)) };
    assert_eq!(compare(&[], &[stray]), []);
}

#[test]
fn several_fields_of_one_account_are_separate_differences() {
    let account = account(1);
    let seen = Seen { disabled: true, username: "other".to_owned(), ..as_wanted(&account) };
    let found: Vec<_> = compare(&[account], &[seen]).into_iter().map(|it| it.field).collect();
    assert_eq!(found, [Field::Status, Field::User]);
}

#[test]
fn an_empty_listing_is_never_believed_of_a_server_that_should_have_one_account() {
    let wanted = [account(1)];
    let differences = compare(&wanted, &[]);
    let doubt = believe(&wanted, &[], &differences, TOLERANCE);
    assert_eq!(doubt, Err(Doubt::Empty(1)));
    assert_eq!(believe(&[], &[], &[], TOLERANCE), Ok(()));
}

#[test]
fn more_than_the_tolerated_share_of_missing_accounts_is_doubted() {
    let verdict = |accounts: u16, gone: usize| {
        let wanted: Vec<Wanted> = (0..accounts).map(account).collect();
        let seen: Vec<Seen> = wanted.iter().skip(gone).map(as_wanted).collect();
        believe(&wanted, &seen, &compare(&wanted, &seen), TOLERANCE)
    };
    assert_eq!(verdict(10, 3), Ok(()));
    assert_eq!(verdict(10, 4), Err(Doubt::TooMuch { changed: 4, accounts: 10 }));
    assert_eq!(verdict(9, 8), Ok(()), "a few accounts are not judged by shares");
}

#[test]
fn quotas_that_all_differ_cast_no_doubt() {
    let wanted: Vec<Wanted> = (0..20).map(account).collect();
    let seen = wanted.iter().map(|it| Seen { quota_kib: Some(Limit::Unlimited), ..as_wanted(it) });
    let seen: Vec<Seen> = seen.collect();
    let differences = compare(&wanted, &seen);
    assert_eq!(differences.len(), 20);
    assert_eq!(believe(&wanted, &seen, &differences, TOLERANCE), Ok(()));
}

fn server(without_quotas: WithoutQuotas) -> Server {
    Server {
        id: ServerId::generate(),
        tenant_id: TenantId::generate(),
        name: "vm1".to_owned(),
        kind: ServerKind::Virtualmin,
        url: None,
        trust: Trust::SystemAuthorities,
        addresses: Vec::new(),
        capacity: 10,
        accounts: 0,
        tags: BTreeSet::new(),
        status: ServerStatus::Active,
        reads_per_second: Some(2),
        mutation_slots: 1,
        version: None,
        programs: BTreeSet::new(),
        features: None,
        php_versions: None,
        keeps_quotas: None,
        without_quotas,
        status_reason: None,
        verified: true,
        fault: None,
        shell: None,
    }
}

#[test]
fn a_server_that_keeps_no_quotas_is_one_difference_that_names_the_remedies() {
    let mut wanted: Vec<Wanted> = (0..20).map(account).collect();
    let without = |account| Seen { quota_kib: None, ..as_wanted(account) };
    let seen: Vec<Seen> = wanted.iter().map(without).collect();
    assert_eq!(compare(&wanted, &seen), [], "it is no difference of the accounts");
    assert_eq!(keeps_quotas(&seen), Some(false));
    let server = server(WithoutQuotas::Refuse);
    let difference = unenforced_quotas(&server, &wanted, &seen).unwrap();
    assert_eq!((difference.account_id, difference.field), (None, Field::QuotaSupport));
    for remedy in ["quotaon", "check-config", "praho servers update vm1 --without-quotas accept"] {
        assert!(difference.seen.contains(remedy), "{remedy}: {}", difference.seen);
    }
    assert!(difference.seen.len() < 500, "the database cuts longer ones");
    assert_eq!(
        unenforced_quotas(&server, &wanted[..1], &seen),
        Some(difference),
        "another number of accounts does not undo an acceptance"
    );
    for account in &mut wanted {
        account.disk_mib = Limit::Unlimited;
    }
    assert_eq!(unenforced_quotas(&server, &wanted, &seen), None, "no account has a limit");
}

#[test]
fn missing_quotas_are_no_difference_where_nothing_is_sold_or_someone_accepts_them() {
    let wanted = [account(1)];
    let ours = Seen { quota_kib: None, ..as_wanted(&wanted[0]) };
    let foreign = Seen { marker: "someone else's".to_owned(), ..ours.clone() };
    let part = Seen { top_level: false, ..ours.clone() };
    let refuses = server(WithoutQuotas::Refuse);
    let unsettled = [Wanted { settled: false, ..wanted[0].clone() }];
    assert!(unenforced_quotas(&refuses, &wanted, std::slice::from_ref(&ours)).is_some());
    assert_eq!(
        unenforced_quotas(&server(WithoutQuotas::Accept), &wanted, std::slice::from_ref(&ours)),
        None
    );
    assert_eq!(unenforced_quotas(&refuses, &wanted, &[foreign]), None);
    assert_eq!(unenforced_quotas(&refuses, &wanted, &[part]), None);
    assert_eq!(unenforced_quotas(&refuses, &wanted, &[as_wanted(&wanted[0])]), None);
    assert_eq!(unenforced_quotas(&refuses, &unsettled, &[ours]), None);
    assert_eq!(unenforced_quotas(&refuses, &wanted, &[]), None);
    assert_eq!(keeps_quotas(&[as_wanted(&wanted[0])]), Some(true));
    assert_eq!(keeps_quotas(&[]), None, "nothing is listed that could have a quota");
}

#[test]
fn an_unclaimed_domain_may_be_switched_off_if_it_is_on_and_has_no_mark_of_ours() {
    let ours = account(1);
    let stray = Seen { domain: "stray.test".to_owned(), ..as_wanted(&ours) };
    let strange = Seen { marker: "a shop".to_owned(), ..stray };
    let marked = Seen {
        domain: "marked.test".to_owned(),
        marker: Account::marker(AccountId::generate()),
        ..strange.clone()
    };
    let off = Seen { domain: "off.test".to_owned(), disabled: true, ..strange.clone() };
    let part = Seen { domain: "sub.stray.test".to_owned(), top_level: false, ..strange.clone() };
    let seen = [as_wanted(&ours), strange, marked, off, part];
    let differences = compare(&[ours], &seen);
    assert_eq!(differences.len(), 3, "{differences:?}");
    assert_eq!(unclaimed(&seen, &differences), ["stray.test".to_owned()].into());
}

#[test]
fn many_unclaimed_domains_are_not_switched_off_at_once() {
    for (unclaimed, accounts, covered) in
        [(0, 0, true), (1, 0, true), (2, 0, false), (2, 6, false), (2, 7, true), (31, 100, false)]
    {
        assert_eq!(TOLERANCE.covers(unclaimed, accounts), covered, "{unclaimed} of {accounts}");
    }
}

#[test]
fn a_difference_outside_the_policy_is_only_reported() {
    let allowed = |policy: Policy| {
        let by_job = Field::ALL.into_iter();
        by_job.filter(|it| it.remedy().is_some_and(|it| policy.allows(it))).collect::<Vec<_>>()
    };
    use Field as F;
    assert_eq!(allowed(Policy::default()), [F::Existence, F::Status]);
    let all = Policy { terms: TermsPolicy::Heal, unknown: UnknownPolicy::Quarantine };
    assert_eq!(allowed(all), [F::Existence, F::Status, F::Quota, F::Unknown]);
}

#[test]
fn the_words_are_stored() {
    are::<FindingStatus>("open accepted closed");
    are_stored::<Field>(
        "existence owner name status user quota features unknown quota_support listing",
    );
    are_stored::<Severity>("info warning critical");
    are_stored::<TermsPolicy>("report heal");
    are_stored::<UnknownPolicy>("report quarantine");
}
