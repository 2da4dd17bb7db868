//! One long test of a broker that crashes, restarts and is wiped, because each start of a broker takes
//! seconds.

use testkit::{Scratch, rabbitmq::RabbitMq};

use crate::{
    breaks::Both,
    world::{World, message},
};

#[tokio::test]
async fn nothing_committed_is_lost_when_the_broker_crashes_and_a_wiped_one_is_whole_again() {
    let scratch = Scratch::new("messaging");
    let broker = RabbitMq::start(&scratch.path().join("rabbitmq")).await.unwrap();
    let world = World::on(&broker.url(), broker.url(), broker.management_url()).await;
    let both = Both::start(&world);
    let mut filed = 0;
    let file = async |filed: &mut usize| {
        for _ in 0..50 {
            *filed += 1;
            world.file(&[message(*filed)]).await;
        }
    };
    file(&mut filed).await;
    broker.kill().await;
    file(&mut filed).await;
    broker.restart().await.unwrap();
    both.handles(filed).await;
    world.relayed().await;

    // Messages in queues are lost with the broker's disk; messages in the outbox are not.
    file(&mut filed).await;
    both.handles(filed).await;
    world.relayed().await;
    broker.kill().await;
    file(&mut filed).await;
    broker.wipe().await.unwrap();
    both.handles(filed).await;
    world.relayed().await;
    world.broker.ping().await.unwrap();
    both.stop().await;
}
