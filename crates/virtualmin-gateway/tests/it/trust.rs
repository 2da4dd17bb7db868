//! Which hosts the gateway trusts, and what it does when a host refuses its credentials.

use model::{
    fault::{Effect, FaultKind},
    server::Trust,
};
use simulators::virtualmin::Options;

use crate::setup::{World, verdict};

#[tokio::test]
async fn a_certificate_that_is_not_the_pinned_one_ends_the_call_before_a_word_is_said() {
    let pin = "ab".repeat(32);
    let world = World::with(Options::default(), |it| it.trust = Trust::Sha256Pin(pin)).await;
    let refused = world.create(world.order("shop.example", "shop")).await;
    assert_eq!(verdict(refused), (FaultKind::OutOfService, Effect::NotApplied));
    assert_eq!(verdict(world.info().await).0, FaultKind::OutOfService);
    assert_eq!(world.simulator.calls("create-domain") + world.simulator.calls("info"), 0);
}

#[tokio::test]
async fn a_self_signed_certificate_without_a_pin_is_not_believed() {
    let world = World::with(Options::default(), |it| it.trust = Trust::SystemAuthorities).await;
    assert_eq!(verdict(world.info().await).0, FaultKind::OutOfService);
    assert_eq!(world.simulator.calls("info"), 0);
}

#[tokio::test]
async fn wrong_credentials_make_one_call_and_then_none() {
    let world = World::with(Options::default(), |it| it.password = "wrong".to_owned()).await;
    assert_eq!(verdict(world.info().await).0, FaultKind::OutOfService);
    // A further call would now succeed, so the test would see it. A real host blocks our address after five
    // wrong passwords, the right password included.
    world.simulator.set_password("wrong");
    for _ in 0..5 {
        assert_eq!(verdict(world.info().await).0, FaultKind::OutOfService);
        let refused = world.create(world.order("shop.example", "shop")).await;
        assert_eq!(verdict(refused), (FaultKind::OutOfService, Effect::NotApplied));
    }
    assert_eq!(world.simulator.calls("create-domain") + world.simulator.calls("info"), 0);
}

#[tokio::test]
async fn a_user_who_may_run_nothing_is_denied() {
    let restricted = ("clerk".to_owned(), "clerks-password".to_owned());
    let options = Options { restricted: Some(restricted.clone()), ..Options::default() };
    let world = World::with(options, |it| (it.username, it.password) = restricted).await;
    let refused = world.create(world.order("shop.example", "shop")).await;
    assert_eq!(verdict(refused), (FaultKind::OutOfService, Effect::NotApplied));
    assert_eq!(verdict(world.info().await).0, FaultKind::OutOfService);
}

#[tokio::test]
async fn a_host_at_an_inner_address_is_not_called_unless_the_operator_allows_it() {
    let world = World::with(Options::default(), |it| it.networks = "10.0.0.0/8").await;
    let fault = world.create(world.order("shop.example", "shop")).await.unwrap_err();
    assert_eq!((fault.kind, fault.effect), (FaultKind::OutOfService, Effect::NotApplied));
    assert!(fault.message.contains("[egress] allow"), "{fault}");
    assert!(!fault.message.contains("127.0.0.1"), "a name would have hidden it: {fault}");
    assert_eq!(verdict(world.info().await).0, FaultKind::OutOfService);
    assert_eq!(world.simulator.calls("create-domain") + world.simulator.calls("info"), 0);
}
