//! Tests of the delivery, return and dead-lettering of messages.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use lapin::{
    BasicProperties,
    options::{QueueDeclareOptions, QueueDeleteOptions},
    types::{AMQPValue, FieldTable},
};
use messaging::{Delivery, Verdict, topology::DELIVERY_LIMIT};
use serde_json::json;
use testkit::eventually;
use tokio::{sync::Semaphore, time::timeout};

use crate::{
    client::{Client, all},
    world::{GRAVE, KEY, QUEUE, TRACEPARENT, World, message, number},
};

/// The handled messages, in order.
type Seen = Arc<Mutex<Vec<Delivery>>>;

async fn seen(seen: &Seen, count: usize) -> Vec<Delivery> {
    eventually("enough was handled", async || {
        let seen = seen.lock().unwrap().clone();
        (seen.len() >= count).then_some(seen)
    })
    .await
}

#[tokio::test]
async fn a_queue_of_another_type_makes_the_process_unready_and_stops_no_other_queue() {
    const OTHER: &str = "praho.jobs.bulk";
    let world = World::new().await;
    let client = world.client().await;
    let wrong = format!("{}{OTHER}", world.prefix);
    let (channel, any) = (&client.channel, QueueDeleteOptions::default());
    let classic = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_delete(wrong.as_str().into(), any).await.unwrap();
    channel.queue_declare(wrong.as_str().into(), classic, FieldTable::default()).await.unwrap();
    let taken = Seen::default();
    let seeing = Arc::clone(&taken);
    let (relay, consumer) = (
        world.relay(),
        world.consume(5, move |delivery| {
            seeing.lock().unwrap().push(delivery);
            async { Verdict::Ack }
        }),
    );
    let broker = world.broker.clone();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let other = tokio::spawn(async move {
        let end = async { drop(stopped.await) };
        broker.consume(OTHER, 1, async |_| Verdict::Ack, end).await
    });
    let told =
        eventually("the wrong queue is told", async || world.broker.ping().await.err()).await;
    let told = told.to_string();
    assert!(told.contains(&wrong) && told.contains("inequivalent arg"), "{told}");
    world.file(&[message(1)]).await;
    seen(&taken, 1).await;

    channel.queue_delete(wrong.as_str().into(), any).await.unwrap();
    eventually("the queue is ours again", async || world.broker.ping().await.ok()).await;
    drop(stop);
    other.await.unwrap().unwrap();
    consumer.stop().await;
    relay.stop().await;
}

#[tokio::test]
async fn a_handler_sees_what_was_published() {
    let world = World::new().await;
    let (relay, taken) = (world.relay(), Seen::default());
    let seeing = Arc::clone(&taken);
    let consumer = world.consume(5, move |delivery| {
        seeing.lock().unwrap().push(delivery);
        async { Verdict::Ack }
    });
    world.file(&[message(1)]).await;
    let deliveries = seen(&taken, 1).await;
    consumer.stop().await;
    relay.stop().await;

    let [it] = &deliveries[..] else { panic!("{deliveries:?}") };
    assert!(it.message_id.as_ref().is_some_and(|it| it.len() == 36), "{it:?}");
    let expected = Delivery {
        body: br#"{"number":1}"#.to_vec(),
        routing_key: KEY.to_owned(),
        message_id: it.message_id.clone(),
        correlation_id: Some("correlation-1".to_owned()),
        message_type: Some("job".to_owned()),
        app_id: Some("praho".to_owned()),
        user_id: None,
        content_type: Some("application/json".to_owned()),
        content_encoding: None,
        traceparent: Some(TRACEPARENT.to_owned()),
        redelivered: false,
    };
    let body: serde_json::Value = serde_json::from_slice(&it.body).unwrap();
    assert_eq!(body, json!({ "number": 1 }));
    assert_eq!(Delivery { body: expected.body.clone(), ..it.clone() }, expected);
    assert_eq!(world.client().await.take(QUEUE).await, None, "it was acknowledged");
}

#[tokio::test]
async fn an_unusable_message_is_a_dead_letter_unchanged_and_with_the_reason() {
    let world = World::new().await;
    let user = testkit::unique("publisher");
    let publisher = publisher(&world, &user).await;
    let consumer =
        world.consume(5, |_| async { Verdict::Dead { reason: "it is about nothing".to_owned() } });
    let mut headers = FieldTable::default();
    headers.insert("theirs".into(), AMQPValue::LongInt(7));
    let properties = BasicProperties::default()
        .with_message_id("message-7".into())
        .with_correlation_id("correlation-7".into())
        .with_type("job".into())
        .with_content_type("text/plain".into())
        .with_app_id("billing".into())
        .with_reply_to("answers".into())
        .with_user_id(user.as_str().into())
        .with_timestamp(1_234_567_890)
        .with_expiration("60000".into())
        .with_headers(headers);
    publisher.publish(b"not json", properties.clone()).await;
    // One for each of several simultaneous publishers.
    for _ in 0..5 {
        publisher.publish(b"\xff\x00", BasicProperties::default()).await;
    }

    let client = world.client().await;
    let dead = client.next(GRAVE).await.delivery;
    for _ in 0..5 {
        assert_eq!(client.next(GRAVE).await.delivery.data, b"\xff\x00");
    }
    consumer.stop().await;
    forget(&world, &user).await;
    assert_eq!(dead.data, b"not json");
    let it = &dead.properties;
    assert_eq!(it.message_id(), properties.message_id());
    assert_eq!(it.correlation_id(), properties.correlation_id());
    assert_eq!(it.kind(), properties.kind());
    assert_eq!(it.content_type(), properties.content_type());
    assert_eq!(it.app_id(), properties.app_id());
    assert_eq!(it.reply_to(), properties.reply_to());
    assert_eq!(it.timestamp(), properties.timestamp());
    assert_eq!(*it.expiration(), None, "it stays until somebody looks at it");
    assert_eq!(*it.delivery_mode(), Some(2));
    let headers = it.headers().as_ref().unwrap().inner();
    assert_eq!(headers.get("theirs"), Some(&AMQPValue::LongInt(7)));
    for (name, value) in [
        ("x-praho-reason", "it is about nothing"),
        ("x-praho-queue", QUEUE),
        ("x-praho-routing-key", KEY),
        ("x-praho-user-id", &user),
    ] {
        assert_eq!(headers.get(name), Some(&AMQPValue::LongString(value.into())), "{name}");
    }
    assert_eq!(client.take(QUEUE).await, None);
    assert_eq!(client.take(GRAVE).await, None);
}

#[tokio::test]
async fn a_withheld_message_is_a_dead_letter_with_its_size_and_hash_alone() {
    let world = World::new().await;
    let user = testkit::unique("publisher");
    let publisher = publisher(&world, &user).await;
    let consumer =
        world.consume(5, |_| async { Verdict::Withheld { reason: "is not JSON".to_owned() } });
    let properties = BasicProperties::default().with_message_id("message-7".into());
    publisher.publish(b"password=hunter2", properties.clone()).await;
    let client = world.client().await;
    let dead = client.next(GRAVE).await.delivery;
    consumer.stop().await;
    forget(&world, &user).await;
    let body: serde_json::Value = serde_json::from_slice(&dead.data).unwrap();
    let sha256 = "42c842031e73fa74cb753b09101a15f4c0d7844be5f37bfa4af9b9ac435c6ca4";
    assert_eq!(body, json!({ "withheld": { "bytes": 16, "sha256": sha256 } }));
    assert_eq!(dead.properties.message_id(), properties.message_id());
    let headers = dead.properties.headers().as_ref().unwrap().inner();
    let reason = AMQPValue::LongString("is not JSON".into());
    assert_eq!(headers.get("x-praho-reason"), Some(&reason));
    assert_eq!(client.take(QUEUE).await, None, "it was acknowledged");
}

/// A client with a login of its own.
async fn publisher(world: &World, user: &str) -> Client {
    let (api, http) = (format!("{}/api", world.management_url), testkit::http::client());
    let password = testkit::password();
    let account = json!({ "password": password, "tags": "" });
    let rights = json!({ "configure": "", "write": ".*", "read": "" });
    for (path, body) in
        [(format!("users/{user}"), account), (format!("permissions/%2f/{user}"), rights)]
    {
        let answer = http.put(format!("{api}/{path}")).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }
    let servers = testkit::servers();
    let address = servers.amqp_url.rsplit_once('@').unwrap().1;
    Client::new(&format!("amqp://{user}:{password}@{address}"), &world.prefix).await
}

async fn forget(world: &World, user: &str) {
    let url = format!("{}/api/users/{user}", world.management_url);
    testkit::http::client().delete(url).send().await.unwrap();
}

#[tokio::test]
async fn a_message_that_makes_its_handler_panic_is_tried_up_to_the_limit() {
    let world = World::new().await;
    let (client, tries) = (world.client().await, Arc::new(AtomicUsize::new(0)));
    let counting = Arc::clone(&tries);
    let consumer = world.consume(5, move |delivery: Delivery| {
        // This is before the future, where a handler can panic as well.
        assert_ne!(number(&delivery), 1, "this one is poison, and the test wants the panic");
        let counting = Arc::clone(&counting);
        async move {
            if number(&delivery) == 2 {
                counting.fetch_add(1, Ordering::SeqCst);
                panic!("this one is poison, and the test wants the panic");
            }
            Verdict::Ack
        }
    });
    for number in [1, 2, 3] {
        let body = format!(r#"{{"number":{number}}}"#);
        client.publish(body.as_bytes(), BasicProperties::default()).await;
    }
    assert_eq!(client.numbers(GRAVE, 2).await, [1, 2]);
    consumer.stop().await;
    let limit = usize::try_from(DELIVERY_LIMIT).unwrap();
    assert_eq!(tries.load(Ordering::SeqCst), limit + 1);
    assert_eq!(client.take(QUEUE).await, None, "the third was acknowledged");
}

#[tokio::test]
async fn a_message_that_is_to_come_again_does() {
    let world = World::new().await;
    let (client, taken) = (world.client().await, Seen::default());
    let seeing = Arc::clone(&taken);
    let consumer = world.consume(1, move |delivery: Delivery| {
        let again = !delivery.redelivered;
        seeing.lock().unwrap().push(delivery);
        async move { if again { Verdict::Requeue } else { Verdict::Ack } }
    });
    client.publish(br#"{"number":1}"#, BasicProperties::default()).await;
    let deliveries = seen(&taken, 2).await;
    consumer.stop().await;
    assert_eq!(deliveries.iter().map(|it| it.redelivered).collect::<Vec<_>>(), [false, true]);
    assert_eq!(client.take(QUEUE).await, None);
}

#[tokio::test]
async fn no_more_than_the_prefetch_are_in_hand_and_a_stop_waits_for_them_alone() {
    let world = World::new().await;
    let client = world.client().await;
    for number in 1..=10 {
        let body = format!(r#"{{"number":{number}}}"#);
        client.publish(body.as_bytes(), BasicProperties::default()).await;
    }
    let (taken, gate) = (Seen::default(), Arc::new(Semaphore::new(0)));
    let (seeing, passing) = (Arc::clone(&taken), Arc::clone(&gate));
    let consumer = world.consume(3, move |delivery| {
        seeing.lock().unwrap().push(delivery);
        let passing = Arc::clone(&passing);
        async move {
            passing.acquire().await.unwrap().forget();
            Verdict::Ack
        }
    });
    assert_eq!(seen(&taken, 3).await.len(), 3, "no more than the prefetch");
    // Each finished message makes room for another.
    gate.add_permits(2);
    assert_eq!(seen(&taken, 5).await.len(), 5);

    let mut stopping = consumer.ask();
    // The broker sends no more, and the running handlers still wait.
    let short = Duration::from_millis(300);
    assert!(timeout(short, &mut stopping).await.is_err(), "it waits for those in hand");
    assert_eq!(client.numbers(QUEUE, 5).await, all(6, 10), "others can have these at once");
    gate.add_permits(10);
    timeout(Duration::from_secs(10), stopping).await.unwrap().unwrap();
    assert_eq!(taken.lock().unwrap().len(), 5, "nothing new was taken");
    assert_eq!(client.take(QUEUE).await, None, "those in hand were acknowledged");
}
