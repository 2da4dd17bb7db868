//! Messages that no queue takes stay in the outbox, and delay no others.

use store::outbox::{JOBS, NewMessage};

use crate::{
    client::all,
    world::{QUEUE, World, message},
};

#[tokio::test]
async fn a_queue_deleted_under_a_relay_is_there_again_for_the_next_message() {
    let world = World::new().await;
    let (relay, client) = (world.relay(), world.client().await);
    world.file(&[message(1)]).await;
    assert_eq!(client.numbers(QUEUE, 1).await, [1]);
    world.management().delete_all(&format!("{}{QUEUE}", world.prefix)).await.unwrap();
    world.file(&[message(2)]).await;
    world.relayed().await;
    assert_eq!(client.numbers(QUEUE, 1).await, [2]);

    // If the exchange is missing, the broker does not return the message: it closes the channel.
    world.management().delete_all(&format!("{}{JOBS}", world.prefix)).await.unwrap();
    world.file(&[message(3)]).await;
    world.relayed().await;
    assert_eq!(client.numbers(QUEUE, 1).await, [3]);
    relay.stop().await;
}

#[tokio::test]
async fn an_unroutable_message_waits_and_is_not_confused_with_another_of_its_batch() {
    let world = World::new().await;
    let client = world.client().await;
    // A queue in memory confirms messages while others are still being returned.
    client.listen("somebody", JOBS, "somebody").await;
    let to = |key: &str, number| NewMessage { routing_key: key.to_owned(), ..message(number) };
    let messages: Vec<_> =
        (1..=500).flat_map(|it| [to("somebody", it), to("nobody", 500 + it)]).collect();
    world.file(&messages).await;
    let relay = world.relay();
    assert_eq!(client.numbers("somebody", 500).await, all(1, 500));
    assert!(world.store.next_outbox_due().await.unwrap().is_some(), "the others wait");

    client.listen("nobody", JOBS, "nobody").await;
    assert_eq!(client.numbers("nobody", 500).await, all(501, 1000));
    world.relayed().await;
    relay.stop().await;
    assert_eq!(client.take("somebody").await, None, "nothing was published twice");
    assert_eq!(client.take("nobody").await, None);
}

#[tokio::test]
async fn a_key_that_is_too_long_for_amqp_stops_nothing_else() {
    let world = World::new().await;
    let (relay, client) = (world.relay(), world.client().await);
    let mut impossible = message(1);
    impossible.routing_key = "k".repeat(256);
    world.file(&[impossible, message(2)]).await;
    assert_eq!(client.numbers(QUEUE, 1).await, [2]);
    world.file(&[message(3)]).await;
    assert_eq!(client.numbers(QUEUE, 1).await, [3]);
    assert!(world.store.next_outbox_due().await.unwrap().is_some(), "it is not lost");
    relay.stop().await;
}

#[tokio::test]
async fn properties_that_are_too_long_for_amqp_are_cut() {
    let world = World::new().await;
    let (relay, client) = (world.relay(), world.client().await);
    let mut long = message(1);
    long.correlation_id = "ä".repeat(200);
    long.headers.insert("h".repeat(300), "v".repeat(200_000));
    world.file(&[long]).await;
    let arrived = client.next(QUEUE).await.delivery.properties;
    relay.stop().await;
    assert_eq!(*arrived.correlation_id(), Some("ä".repeat(127).as_str().into()));
}
