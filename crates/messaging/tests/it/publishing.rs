//! Tests of the relay from the outbox to a queue.

use std::{
    future::ready,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use lapin::types::AMQPValue;
use messaging::{CloudEvent, Relay, Verdict};
use model::job::Origin;
use serde_json::{Value, json};
use store::outbox::EVENTS;
use testkit::eventually;
use time::OffsetDateTime;

use crate::world::{QUEUE, TRACEPARENT, World, message};

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

#[tokio::test]
async fn a_row_reaches_its_queue_with_all_its_properties() {
    let world = World::new().await;
    let (relay, client) = (world.relay(), world.client().await);
    world.file(&[message(1)]).await;
    let arrived = client.next(QUEUE).await.delivery;
    world.relayed().await;
    relay.stop().await;

    assert_eq!(serde_json::from_slice::<Value>(&arrived.data).unwrap(), json!({ "number": 1 }));
    let it = &arrived.properties;
    let some = |it: &str| Some(it.into());
    assert_eq!(*it.correlation_id(), some("correlation-1"));
    assert_eq!(*it.kind(), some("job"));
    assert_eq!(*it.content_type(), some("application/json"));
    assert_eq!(*it.app_id(), some("praho"));
    assert_eq!(*it.delivery_mode(), Some(2), "it is kept on disk");
    let id = it.message_id().as_ref().unwrap().as_str();
    let id: uuid::Uuid = id.parse().unwrap();
    let (written, _) = id.get_timestamp().unwrap().to_unix();
    let stamped = it.timestamp().unwrap();
    assert!(stamped.abs_diff(written) <= 1, "{stamped} is when the row was written, {written}");
    let headers = it.headers().as_ref().unwrap().inner();
    assert_eq!(headers.get("traceparent"), Some(&text(TRACEPARENT)));
    assert_eq!(headers.get("x-praho-note"), Some(&text("why")));
}

#[tokio::test]
async fn only_what_is_committed_and_due_is_published() {
    let world = World::new().await;
    let (relay, client) = (world.relay(), world.client().await);
    let tx = world.store.begin().await.unwrap();
    tx.publish(&message(1)).await.unwrap();
    drop(tx);
    let (began, delay) = (Instant::now(), Duration::from_millis(1500));
    let mut later = message(2);
    later.delay = delay;
    world.file(&[later, message(3)]).await;

    assert_eq!(client.numbers(QUEUE, 1).await, [3]);
    assert_eq!(client.numbers(QUEUE, 1).await, [2]);
    assert!(began.elapsed() >= delay, "{:?}", began.elapsed());
    world.relayed().await;
    relay.stop().await;
    assert_eq!(client.take(QUEUE).await, None, "what was rolled back was never there");
}

#[tokio::test]
async fn two_relays_share_a_thousand_rows_and_double_none() {
    let world = World::new().await;
    let messages: Vec<_> = (0..1000).map(message).collect();
    world.file(&messages).await;
    let ids = Arc::new(Mutex::new(Vec::new()));
    let noting = Arc::clone(&ids);
    let consumer = world.consume(500, move |delivery| {
        noting.lock().unwrap().push(delivery.message_id);
        async { Verdict::Ack }
    });
    let relays = [world.relay(), world.relay()];
    world.relayed().await;
    for relay in relays {
        relay.stop().await;
    }
    eventually("all arrive", async || (ids.lock().unwrap().len() >= 1000).then_some(())).await;
    consumer.stop().await;
    assert_eq!(world.client().await.take(QUEUE).await, None);
    let mut ids = ids.lock().unwrap().clone();
    let arrived = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((arrived, ids.len()), (1000, 1000));
}

#[tokio::test]
async fn a_relay_that_stops_first_publishes_what_was_written_before() {
    let world = World::new().await;
    world.file(&[message(1), message(2)]).await;
    Relay::new(world.store.clone(), world.broker.clone()).run(ready(())).await.unwrap();
    assert_eq!(world.store.next_outbox_due().await.unwrap(), None);
    assert_eq!(world.client().await.numbers(QUEUE, 2).await, [1, 2]);
}

#[tokio::test]
async fn an_event_reaches_its_listeners_and_is_dropped_without_one() {
    let world = World::new().await;
    let (relay, client) = (world.relay(), world.client().await);
    let origin = Origin {
        actor: "test".to_owned(),
        correlation_id: "correlation-1".to_owned(),
        traceparent: Some(TRACEPARENT.to_owned()),
        client_address: None,
    };
    let event =
        CloudEvent::new("account.provisioned", "accounts/7".to_owned(), &json!({ "account": 7 }));
    world.file(&[event.message(&origin)]).await;
    world.relayed().await;

    client.listen("listener", EVENTS, "account.*").await;
    world.file(&[event.message(&origin)]).await;
    let heard = client.next("listener").await.delivery;
    relay.stop().await;
    assert_eq!(client.take("listener").await, None, "the first was for nobody");
    let it = &heard.properties;
    assert_eq!(*it.content_type(), Some("application/cloudevents+json".into()));
    assert_eq!(*it.kind(), Some("account.provisioned".into()));
    let body: Value = serde_json::from_slice(&heard.data).unwrap();
    assert_eq!((&body["specversion"], &body["data"]), (&json!("1.0"), &json!({ "account": 7 })));
    assert_eq!(
        (&body["subject"], &body["type"]),
        (&json!("accounts/7"), &json!("account.provisioned"))
    );
    assert_eq!(body["correlationid"], json!("correlation-1"));
    let format = &time::format_description::well_known::Rfc3339;
    assert!(OffsetDateTime::parse(body["time"].as_str().unwrap(), format).is_ok());
}
