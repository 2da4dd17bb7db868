//! Tests of who may have a domain, and of the record that proves control.

use proptest::prelude::*;

use super::*;
use crate::words::pinned::are_stored;

fn standing() -> impl Strategy<Value = Standing> {
    any::<[bool; 5]>().prop_map(|[proven, claimed, decided, live_elsewhere, live_here]| Standing {
        proven,
        claimed,
        decided,
        live_elsewhere,
        live_here,
    })
}

#[test]
fn the_words_are_stored() {
    are_stored::<ProofKind>("txt platform");
}

#[test]
fn a_domain_that_nobody_else_wants_needs_no_proof() {
    assert_eq!(Standing::default().verdict(), Verdict::Free);
    assert_eq!(Standing { proven: true, ..Standing::default() }.verdict(), Verdict::Free);
}

#[test]
fn a_proof_beats_a_service_and_no_live_account() {
    let proven = Standing { proven: true, claimed: true, ..Standing::default() };
    assert_eq!(proven.verdict(), Verdict::Free);
    assert_eq!(Standing { live_elsewhere: true, ..proven }.verdict(), Verdict::InUse);
    assert_eq!(Standing { decided: true, ..proven }.verdict(), Verdict::InUse);
}

#[test]
fn a_challenge_is_of_one_tenant_and_one_domain() {
    let domain = |text: &str| text.parse::<DomainName>().unwrap();
    let challenge = Challenge::new(&domain("acme.ro"), "0f");
    assert_eq!(challenge.name, "_praho-challenge.acme.ro");
    assert_eq!(challenge.text, "praho-domain-verification=0f");
    let (one, other) = (TenantId::generate(), TenantId::generate());
    let context = Challenge::context(one, &domain("acme.ro"));
    assert_ne!(context, Challenge::context(other, &domain("acme.ro")));
    assert_ne!(context, Challenge::context(one, &domain("b.acme.ro")));
}

proptest! {
    #[test]
    fn without_a_proof_the_verdict_tells_nothing_of_what_the_other_tenant_has(
        one in standing(), other in standing(),
    ) {
        let contested = |it: Standing| it.claimed || it.decided || it.live_elsewhere;
        prop_assume!(contested(one) && contested(other));
        let strange = |it| Standing { proven: false, live_here: false, ..it };
        prop_assert_eq!(strange(one).verdict(), Verdict::Unproven);
        prop_assert_eq!(strange(one).verdict(), strange(other).verdict());
    }

    #[test]
    fn nobody_gets_the_domain_of_a_live_account(standing in standing()) {
        prop_assume!(standing.live_elsewhere || standing.live_here);
        prop_assert_ne!(standing.verdict(), Verdict::Free);
    }
}
