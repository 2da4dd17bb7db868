//! A fault of a server is written and told once; it is tried at a pace, and a success clears it.

use std::time::Duration;

use model::{
    fault::{Effect, FaultKind},
    server::{Server, ServerStatus, Stops},
};
use simulators::virtualmin::{Fault, FaultKind as Wrong, Options};

use crate::setup::{World, verdict};

async fn row(world: &World) -> Server {
    world.company.store.server_by_id(world.server).await.unwrap().unwrap()
}

/// Lets the next call be a try, as when the pause is over.
async fn pause_is_over(world: &World) {
    let tx = world.company.store.begin().await.unwrap();
    tx.next_server_try(world.server, Duration::ZERO).await.unwrap();
    tx.commit().await.unwrap();
}

/// The events about servers, which this leases.
async fn events(world: &World) -> Vec<String> {
    let store = &world.company.store;
    let rows = store.lease_outbox(100, Duration::from_secs(3600), &[]).await.unwrap();
    let kinds = rows.into_iter().map(|it| it.message_type);
    kinds.filter(|it| it.starts_with("server.")).collect()
}

#[tokio::test]
async fn refused_credentials_are_written_and_told_once_and_tried_at_a_pace() {
    let world = World::with(Options::default(), |it| it.password = "wrong".to_owned()).await;
    assert_eq!(verdict(world.info().await).0, FaultKind::OutOfService);
    let known = row(&world).await.fault.unwrap();
    assert_eq!((known.fault.kind, known.stops), (FaultKind::OutOfService, Stops::Calls));
    assert!(known.fault.message.contains("refused our credentials"), "{}", known.fault);

    // The next try meets the same: it is the same fault.
    pause_is_over(&world).await;
    assert_eq!(verdict(world.info().await).0, FaultKind::OutOfService);
    assert_eq!(row(&world).await.fault.unwrap().since, known.since);
    assert_eq!(events(&world).await, ["server.faulted"]);

    // A call would now succeed, so the test would see it.
    world.simulator.set_password("wrong");
    let held = world.create(world.order("shop.example", "shop")).await.unwrap_err();
    assert_eq!((held.kind, held.effect), (FaultKind::OutOfService, Effect::NotApplied));
    assert!(held.retry_after_seconds.is_some_and(|it| it > 200), "{held:?}");
    assert_eq!(world.simulator.calls("list-domains") + world.simulator.calls("create-domain"), 0);

    pause_is_over(&world).await;
    world.create(world.order("shop.example", "shop")).await.unwrap();
    assert_eq!(row(&world).await.fault, None);
    assert_eq!(events(&world).await, ["server.recovered"]);
    world.info().await.unwrap();
}

#[tokio::test]
async fn one_of_many_calls_is_the_try() {
    let world = World::with(Options::default(), |it| it.password = "wrong".to_owned()).await;
    world.info().await.unwrap_err();
    world.simulator.set_password("wrong");
    world.simulator.set_latency("*", Duration::from_secs(2));
    pause_is_over(&world).await;
    let (one, two, three) = tokio::join!(
        world.get("shop.example"),
        world.get("shop.example"),
        world.get("shop.example")
    );
    let kinds: Vec<_> = [one, two, three].into_iter().map(|it| verdict(it).0).collect();
    let held = kinds.iter().filter(|kind| **kind == FaultKind::OutOfService).count();
    assert_eq!(held, 2, "{kinds:?}");
    assert_eq!(world.simulator.calls("list-domains"), 1);
    assert_eq!(row(&world).await.fault, None, "the answer that there is no such domain is one");
}

#[tokio::test]
async fn a_host_without_space_takes_no_changes_and_is_still_read() {
    let world = World::new().await;
    let error = "Failed to write to /etc/passwd : No space left on device".to_owned();
    world.simulator.inject("create-domain", Fault::always(Wrong::Failure { error }));
    let full = world.create(world.order("shop.example", "shop")).await;
    assert_eq!(verdict(full).0, FaultKind::OutOfService);
    assert_eq!(row(&world).await.fault.unwrap().stops, Stops::Changes);

    let calls = world.simulator.calls("create-domain");
    let held = world.create(world.order("shop.example", "shop")).await;
    assert_eq!(verdict(held), (FaultKind::OutOfService, Effect::NotApplied));
    assert_eq!(world.simulator.calls("create-domain"), calls);
    assert!(world.list().await.unwrap().is_empty());
    world.info().await.unwrap();
    assert!(row(&world).await.fault.is_some(), "a reading call proves nothing about space");

    world.simulator.clear_faults();
    pause_is_over(&world).await;
    world.create(world.order("shop.example", "shop")).await.unwrap();
    assert_eq!(row(&world).await.fault, None);
    assert_eq!(events(&world).await, ["server.faulted", "server.recovered"]);
}

#[tokio::test]
async fn a_server_in_maintenance_is_left_alone_except_for_a_verification() {
    let world = World::new().await;
    let store = &world.company.store;
    let tx = store.begin().await.unwrap();
    let (from, to) = (ServerStatus::Unverified, ServerStatus::Maintenance);
    assert!(tx.set_server_status(world.server, from, to, None).await.unwrap());
    tx.commit().await.unwrap();
    let held = world.create(world.order("shop.example", "shop")).await;
    assert_eq!(verdict(held), (FaultKind::OutOfService, Effect::NotApplied));
    assert_eq!(verdict(world.get("shop.example").await).0, FaultKind::OutOfService);
    assert_eq!(world.simulator.calls("list-domains"), 0);
    world.info().await.unwrap();
    assert!(events(&world).await.is_empty(), "a person has set it: there is nothing to tell");
}

#[tokio::test]
async fn a_server_that_cannot_be_called_as_registered_is_out_of_service() {
    let pin = model::server::Trust::Sha256Pin("ab".repeat(32));
    let world = World::with(Options::default(), |it| it.trust = pin).await;
    world.info().await.unwrap_err();
    world.info().await.unwrap_err();
    assert!(row(&world).await.fault.unwrap().fault.message.contains("certificate"));
    assert_eq!(events(&world).await, ["server.faulted"]);
}
