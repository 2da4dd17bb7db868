//! The outbox publishes only committed messages, loses none, and leases none twice at the same time.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;
use store::outbox::{EVENTS, NewMessage, OutboxLag, OutboxRow};
use tokio::task::JoinSet;

use crate::world::{LEASE, World};

pub(crate) fn message(key: &str, delay: Duration) -> NewMessage {
    NewMessage {
        exchange: EVENTS,
        routing_key: key.to_owned(),
        message_type: "account.provisioned".to_owned(),
        content_type: "application/cloudevents+json",
        body: json!({ "account": 1 }),
        headers: BTreeMap::from([("x-praho-reason".to_owned(), "why".to_owned())]),
        correlation_id: "correlation-1".to_owned(),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        delay,
    }
}

async fn publish(world: &World, key: &str, delay: Duration) {
    let tx = world.store.begin().await.unwrap();
    tx.publish(&message(key, delay)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn lease(world: &World, limit: u32) -> Vec<OutboxRow> {
    world.store.lease_outbox(limit, LEASE, &[]).await.unwrap()
}

fn keys(rows: &[OutboxRow]) -> Vec<&str> {
    rows.iter().map(|it| it.routing_key.as_str()).collect()
}

#[tokio::test]
async fn a_message_reads_back_as_written_once_it_is_committed() {
    let world = World::new().await;
    let tx = world.store.begin().await.unwrap();
    tx.publish(&message("a", Duration::ZERO)).await.unwrap();
    assert_eq!(lease(&world, 10).await.len(), 0);
    tx.commit().await.unwrap();

    let rows = lease(&world, 10).await;
    let [row] = &rows[..] else { panic!("{rows:?}") };
    let (sent, nil) = (message("a", Duration::ZERO), row.message_id.is_nil());
    assert!(!nil);
    assert_eq!((row.exchange.as_str(), &row.routing_key), (sent.exchange, &sent.routing_key));
    assert_eq!(
        (&row.message_type, row.content_type.as_str()),
        (&sent.message_type, sent.content_type)
    );
    assert_eq!((&row.body, &row.headers), (&sent.body, &sent.headers));
    assert_eq!((&row.correlation_id, &row.traceparent), (&sent.correlation_id, &sent.traceparent));
}

#[tokio::test]
async fn a_rolled_back_message_is_never_published() {
    let world = World::new().await;
    let tx = world.store.begin().await.unwrap();
    tx.publish(&message("a", Duration::ZERO)).await.unwrap();
    drop(tx);
    assert_eq!(lease(&world, 10).await, []);
    assert_eq!(world.store.next_outbox_due().await.unwrap(), None);
}

#[tokio::test]
async fn oldest_go_first_and_a_leased_one_is_left_alone_until_its_lease_ends() {
    let world = World::new().await;
    for key in ["a", "b", "c"] {
        publish(&world, key, Duration::ZERO).await;
    }
    let first = lease(&world, 2).await;
    assert_eq!(keys(&first), ["a", "b"]);
    assert_eq!(keys(&lease(&world, 10).await), ["c"]);
    assert_eq!(lease(&world, 10).await, []);

    world.meddle("UPDATE outbox SET leased_until = now() - interval '1 second'").await.unwrap();
    let again = lease(&world, 10).await;
    assert_eq!(keys(&again), ["a", "b", "c"]);
    assert_eq!(again[0].message_id, first[0].message_id, "a repeat can be told as one");
}

#[tokio::test]
async fn many_relays_lease_each_message_once() {
    let world = World::new().await;
    for number in 0..30 {
        publish(&world, &number.to_string(), Duration::ZERO).await;
    }
    let mut tasks = JoinSet::new();
    for _ in 0..6 {
        let store = world.store.clone();
        tasks.spawn(async move {
            let mut ids = Vec::new();
            loop {
                let rows = store.lease_outbox(3, LEASE, &[]).await.unwrap();
                if rows.is_empty() {
                    return ids;
                }
                ids.extend(rows.into_iter().map(|it| it.id));
            }
        });
    }
    let mut ids: Vec<i64> = tasks.join_all().await.into_iter().flatten().collect();
    // A batch skips rows that another relay is leasing; the other relay returns them.
    ids.sort_unstable();
    let all: Vec<i64> = sqlx::query_scalar("SELECT id FROM outbox ORDER BY id")
        .fetch_all(&world.pool)
        .await
        .unwrap();
    assert_eq!(ids, all);
}

#[tokio::test]
async fn a_published_message_is_gone() {
    let world = World::new().await;
    publish(&world, "a", Duration::ZERO).await;
    publish(&world, "b", Duration::ZERO).await;
    let rows = lease(&world, 10).await;
    world.store.outbox_published(&[rows[0].id]).await.unwrap();
    world.store.outbox_published(&[]).await.unwrap();
    let left: Vec<String> =
        sqlx::query_scalar("SELECT routing_key FROM outbox").fetch_all(&world.pool).await.unwrap();
    assert_eq!(left, ["b"]);
}

#[tokio::test]
async fn a_failed_message_comes_again_after_a_pause_that_grows_up_to_5_seconds() {
    let world = World::new().await;
    publish(&world, "a", Duration::ZERO).await;
    let mut pauses = Vec::new();
    for _ in 0..6 {
        let rows = lease(&world, 10).await;
        let failures: Vec<(i64, String)> =
            rows.iter().map(|it| (it.id, "no broker".to_owned())).collect();
        assert_eq!(failures.len(), 1);
        world.store.outbox_failed(&failures).await.unwrap();
        let row: (f64, String) = sqlx::query_as(
            "SELECT extract(epoch FROM available_at - now())::float8, last_error FROM outbox",
        )
        .fetch_one(&world.pool)
        .await
        .unwrap();
        assert_eq!(row.1, "no broker");
        pauses.push(row.0);
        if pauses.len() == 6 {
            assert_eq!(lease(&world, 10).await, [], "it pauses");
        }
        world.meddle("UPDATE outbox SET available_at = now()").await.unwrap();
    }
    assert!(pauses[2] > pauses[0] + 1.0, "{pauses:?}");
    assert!(pauses.iter().all(|it| *it <= 5.0), "{pauses:?}");
    assert!(pauses[5] > 4.0, "{pauses:?}");
}

#[tokio::test]
async fn a_delayed_message_waits_and_is_no_lag() {
    let world = World::new().await;
    let none = OutboxLag { rows: 0, oldest_seconds: 0.0 };
    assert_eq!(world.store.outbox_lag().await.unwrap(), none);
    publish(&world, "late", Duration::from_secs(1000)).await;
    assert_eq!(lease(&world, 10).await, []);
    assert_eq!(world.store.outbox_lag().await.unwrap(), none);
    let due = world.store.next_outbox_due().await.unwrap().unwrap();
    assert!(due > Duration::from_secs(900) && due <= Duration::from_secs(1000), "{due:?}");

    world.meddle("UPDATE outbox SET available_at = now() - interval '90 seconds'").await.unwrap();
    assert_eq!(world.store.next_outbox_due().await.unwrap(), Some(Duration::ZERO));
    let lag = world.store.outbox_lag().await.unwrap();
    assert_eq!(lag.rows, 1);
    assert!(lag.oldest_seconds >= 90.0 && lag.oldest_seconds < 200.0, "{lag:?}");
}

#[tokio::test]
async fn a_leased_message_is_due_when_its_lease_ends() {
    let world = World::new().await;
    publish(&world, "a", Duration::ZERO).await;
    lease(&world, 1).await;
    let due = world.store.next_outbox_due().await.unwrap().unwrap();
    assert!(due > LEASE / 2 && due <= LEASE, "{due:?}");
}
