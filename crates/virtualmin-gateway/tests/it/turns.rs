//! Each server takes one change at a time, and only from the job that holds its lease.

use std::time::Duration;

use contracts::gateway::v1::domains_client::DomainsClient;
use model::fault::{Effect, FaultKind};
use simulators::virtualmin::{Fault, FaultKind as Wrong, Options};
use store::claims::Hold;

use crate::setup::{World, verdict};

#[tokio::test]
async fn a_job_that_lost_its_lease_changes_nothing() {
    let world = World::new().await;
    let mut order = world.order("shop.example", "shop");
    order.fence.as_mut().unwrap().epoch -= 1;
    let refused = world.create(order).await;
    assert_eq!(verdict(refused), (FaultKind::Busy, Effect::NotApplied));

    let job = world.fence.job_id.parse().unwrap();
    world.company.store.abandon(Hold { job, epoch: world.fence.epoch }).await.unwrap();
    let refused = world.create(world.order("shop.example", "shop")).await;
    assert_eq!(verdict(refused), (FaultKind::Busy, Effect::NotApplied));
    assert_eq!(world.simulator.calls("create-domain"), 0);
}

#[tokio::test]
async fn a_refused_fence_does_not_hold_the_others_up() {
    let world = World::new().await;
    let mut order = world.order("shop.example", "shop");
    order.fence.as_mut().unwrap().epoch += 1;
    world.create(order).await.unwrap_err();
    world.shop().await;
}

#[tokio::test]
async fn changes_of_one_host_come_one_after_another() {
    let options = Options { latency: Duration::from_millis(50), ..Options::default() };
    let world = World::with(options, |_| ()).await;
    // Any two changes at the same time damage each other.
    world.simulator.inject("*", Fault::always(Wrong::OverlapCorrupts));
    let mut orders = Vec::new();
    for number in 0..4 {
        let (domain, user) = (format!("site{number}.example"), format!("site{number}"));
        orders.push(world.another_order(&domain, &user).await);
    }
    world.take_one_at_a_time().await;
    let mut tasks = tokio::task::JoinSet::new();
    for order in orders {
        let mut client = world.client.clone();
        tasks.spawn(async move { client.create_domain(order).await });
    }
    for result in tasks.join_all().await {
        result.unwrap();
    }
    assert_eq!(world.simulator.mutations_at_once(), 1);
    assert_eq!(world.simulator.domains().len(), 4);
    assert!(world.simulator.domains().iter().all(|it| !it.corrupt && it.protected));
}

#[tokio::test]
async fn two_gateways_make_no_more_changes_at_a_time_than_one() {
    let options = Options { latency: Duration::from_millis(20), ..Options::default() };
    let world = World::with(options, |_| ()).await;
    let clients = [world.channel.clone(), world.another_gateway().await];
    let mut orders = Vec::new();
    for number in 0..6 {
        let (domain, user) = (format!("site{number}.example"), format!("site{number}"));
        orders.push(world.another_order(&domain, &user).await);
    }
    world.take_one_at_a_time().await;
    let made = orders.into_iter().zip(clients.iter().cycle()).map(async |(order, client)| {
        let client = DomainsClient::new(client.clone());
        // A gateway that finds the server in the hands of the other says so, and the job comes again.
        testkit::eventually("a turn comes", async || {
            client.clone().create_domain(order.clone()).await.ok()
        })
        .await;
    });
    futures_util::future::join_all(made).await;
    assert_eq!(world.simulator.domains().len(), 6);
    assert_eq!(world.simulator.mutations_at_once(), 1);
}

#[tokio::test]
async fn a_caller_without_time_for_the_turn_gets_an_error_without_effect() {
    let world = World::new().await;
    world.simulator.set_latency("create-domain", Duration::from_secs(3));
    let slow = world.another_order("slow.example", "slow").await;
    world.take_one_at_a_time().await;
    let slow = world.create(slow);
    let impatient = async {
        testkit::eventually("the slow one is under way", async || {
            (world.simulator.calls("create-domain") == 1).then_some(())
        })
        .await;
        world.create_within(world.order("shop.example", "shop"), Duration::from_secs(1)).await
    };
    let (slow, impatient) = tokio::join!(slow, impatient);
    slow.unwrap();
    assert_eq!(verdict(impatient), (FaultKind::RateLimited, Effect::NotApplied));
    assert_eq!(world.simulator.calls("create-domain"), 1);
}

#[tokio::test]
async fn a_host_that_another_gateway_changes_is_busy() {
    let world = World::new().await;
    let (store, other) = (&world.company.store, uuid::Uuid::new_v4());
    world.take_one_at_a_time().await;
    assert!(store.take_turn(world.server, 1, other, Duration::from_secs(60)).await.unwrap());
    let fault = world.create(world.order("shop.example", "shop")).await.unwrap_err();
    assert_eq!((fault.kind, fault.effect), (FaultKind::Busy, Effect::NotApplied));
    assert!(fault.retry_after_seconds.is_some());
    store.end_turn(world.server, other).await.unwrap();
    world.shop().await;
}

#[tokio::test]
async fn after_an_unknown_outcome_the_host_gets_time_to_settle() {
    let world = World::new().await;
    world.take_one_at_a_time().await;
    world.simulator.inject("create-domain", Fault::once(Wrong::LostAfterEffect));
    world.create(world.order("shop.example", "shop")).await.unwrap_err();
    let refused = world.disable("shop.example", "").await;
    assert_eq!(verdict(refused), (FaultKind::Busy, Effect::NotApplied));
    testkit::eventually("the host has settled", async || {
        world.disable("shop.example", "").await.ok()
    })
    .await;
}

#[tokio::test]
async fn a_caller_who_goes_away_does_not_stop_a_change_half_way() {
    let world = World::new().await;
    world.simulator.set_latency("create-domain", Duration::from_millis(500));
    let order = world.order("shop.example", "shop");
    let mut client = world.client.clone();
    let call = tokio::spawn(async move { client.create_domain(order).await });
    testkit::eventually("the change is under way", async || {
        (world.simulator.calls("create-domain") == 1).then_some(())
    })
    .await;
    call.abort();
    testkit::eventually("it is made and protected", async || {
        world.simulator.domain("shop.example").filter(|it| it.protected)
    })
    .await;
    let order = world.another_order("second.example", "second").await;
    world.take_one_at_a_time().await;
    testkit::eventually("the host is free again", async || world.create(order.clone()).await.ok())
        .await;
}
