//! Hosts that hang, break, answer wrongly or are absent: what the fault tells about the effect.

use std::time::{Duration, Instant};

use model::fault::{Effect, FaultKind};
use simulators::virtualmin::{Fault, FaultKind as Wrong, Options};

use crate::setup::{World, verdict};

/// Long enough for the look around a change, and far shorter than a hanging host.
const SHORT: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_host_that_hangs_is_a_timeout_of_unknown_effect_within_the_callers_time() {
    for wrong in [Wrong::Hang, Wrong::Stall] {
        let world = World::new().await;
        world.simulator.inject("create-domain", Fault::once(wrong.clone()));
        let start = Instant::now();
        let hung = world.create_within(world.order("shop.example", "shop"), SHORT).await;
        assert_eq!(verdict(hung), (FaultKind::Timeout, Effect::Unknown), "{wrong:?}");
        assert!(start.elapsed() < SHORT + Duration::from_secs(1), "{:?}", start.elapsed());
        assert_eq!(world.simulator.calls("create-domain"), 1);
    }
}

#[tokio::test]
async fn a_change_whose_answer_is_unreadable_or_lost_may_have_happened() {
    for (wrong, kind, happened) in [
        (Wrong::Status { status: 500 }, FaultKind::Unavailable, false),
        (Wrong::Status { status: 502 }, FaultKind::Unavailable, false),
        (Wrong::HtmlPage, FaultKind::Protocol, false),
        (Wrong::LostBeforeEffect, FaultKind::Unavailable, false),
        (Wrong::LostAfterEffect, FaultKind::Unavailable, true),
        (Wrong::TruncatedBody, FaultKind::Protocol, true),
    ] {
        let world = World::new().await;
        world.simulator.inject("create-domain", Fault::once(wrong.clone()));
        let order = world.order("shop.example", "shop");
        let lost = world.create(order).await;
        assert_eq!(verdict(lost), (kind, Effect::Unknown), "{wrong:?}");
        assert_eq!(world.simulator.domain("shop.example").is_some(), happened, "{wrong:?}");
        assert_eq!(world.simulator.calls("create-domain"), 1, "{wrong:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_resolved_by_a_look_and_there_is_one_effect() {
    let world = World::new().await;
    world.simulator.inject("create-domain", Fault::once(Wrong::LostAfterEffect));
    world.create(world.order("shop.example", "shop")).await.unwrap_err();
    let made = testkit::eventually("the server has settled", async || {
        world.create(world.order("shop.example", "shop")).await.ok()
    })
    .await;
    assert_eq!(made.name, "shop.example");
    assert!(world.simulator.domain("shop.example").unwrap().protected);
    let effects = world.simulator.effects_on("shop.example");
    let created = effects.iter().filter(|it| it.program == "create-domain");
    assert_eq!(created.count(), 1);
}

#[tokio::test]
async fn a_refusal_by_status_was_no_change() {
    for (status, kind) in
        [(400, FaultKind::Refused), (404, FaultKind::OutOfService), (429, FaultKind::RateLimited)]
    {
        let world = World::new().await;
        world.simulator.inject("create-domain", Fault::once(Wrong::Status { status }));
        let refused = world.create(world.order("shop.example", "shop")).await;
        assert_eq!(verdict(refused), (kind, Effect::NotApplied), "{status}");
    }
}

#[tokio::test]
async fn an_unreachable_host_was_not_changed() {
    let mut world = World::new().await;
    let gone = simulators::virtualmin::Simulator::start(Options::default()).await.unwrap();
    std::mem::replace(&mut world.simulator, gone).stop().await;
    let refused = world.create(world.order("shop.example", "shop")).await;
    assert_eq!(verdict(refused), (FaultKind::Unavailable, Effect::NotApplied));
    assert_eq!(verdict(world.get("shop.example").await).0, FaultKind::Unavailable);
}

#[tokio::test]
async fn a_change_that_was_read_back_in_vain_may_have_happened() {
    let world = World::new().await;
    world.simulator.inject("list-domains", Fault::once(Wrong::Status { status: 500 }));
    let blind = world.create(world.order("shop.example", "shop")).await;
    assert_eq!(verdict(blind), (FaultKind::Unavailable, Effect::Unknown));
    assert!(world.simulator.domain("shop.example").is_some());
}

#[tokio::test]
async fn words_of_a_panel_do_not_make_a_fault_pass() {
    let world = World::new().await;
    let words = "Connection timeout: temporarily unavailable, please retry".to_owned();
    world.simulator.inject("create-domain", Fault::once(Wrong::Failure { error: words }));
    let fault = world.create(world.order("shop.example", "shop")).await.unwrap_err();
    assert!(!fault.kind.is_transient(), "{fault:?}");
}

#[tokio::test]
async fn a_host_that_does_not_answer_is_left_alone_for_a_while() {
    let world = World::with(Options::default(), |it| {
        it.settings.breaker_failures = 3;
        it.settings.breaker_pause_seconds = 1;
    })
    .await;
    world.simulator.inject("info", Fault::always(Wrong::Status { status: 503 }));
    for _ in 0..3 {
        assert_eq!(verdict(world.info().await).0, FaultKind::Unavailable);
    }
    let calls = world.simulator.calls("info");
    let open = world.info().await.unwrap_err();
    assert_eq!(open.kind, FaultKind::OutOfService);
    assert!(open.message.contains("did not answer 3 calls of late"), "{}", open.message);
    assert_eq!(world.simulator.calls("info"), calls);
    world.simulator.clear_faults();
    testkit::eventually("a try comes through", async || world.info().await.ok()).await;
}
