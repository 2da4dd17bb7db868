//! A private RabbitMQ in one long test, because each start of a broker takes seconds.

use std::time::Duration;

use serde_json::json;
use testkit::rabbitmq::RabbitMq;
use testkit::{Scratch, eventually_within, http};

async fn declare_with_one_message(broker: &RabbitMq, queue: &str) {
    let api = format!("{}/api", broker.management_url());
    let declared = http::client()
        .put(format!("{api}/queues/%2f/{queue}"))
        .json(&json!({"durable": true, "arguments": {"x-queue-type": "quorum"}}))
        .send()
        .await
        .unwrap();
    assert!(declared.status().is_success(), "{}", declared.status());
    let published = http::client()
        .post(format!("{api}/exchanges/%2f/amq.default/publish"))
        .json(&json!({
            "properties": {"delivery_mode": 2}, "routing_key": queue,
            "payload": "{}", "payload_encoding": "string",
        }))
        .send()
        .await
        .unwrap();
    assert!(published.status().is_success(), "{}", published.status());
}

async fn depth_becomes(broker: &RabbitMq, queue: &str, wanted: Option<u64>) {
    let management = broker.management();
    let limit = Duration::from_secs(30);
    eventually_within(limit, &format!("{wanted:?} messages in {queue}"), async || match management
        .queues()
        .await
    {
        Ok(queues) if queues.get(queue).copied() == wanted => Ok(()),
        other => Err(other.map_err(|error| format!("{error:#}"))),
    })
    .await;
}

#[tokio::test]
async fn keeps_messages_over_a_restart_and_loses_them_by_a_wipe() {
    let scratch = Scratch::new("rabbitmq");
    let folder = scratch.path().join("rabbitmq");
    let broker = RabbitMq::start(&folder).await.unwrap();
    assert_eq!(RabbitMq::start(&folder).await.unwrap().url(), broker.url());
    declare_with_one_message(&broker, "a.jobs").await;
    declare_with_one_message(&broker, "b.jobs").await;

    broker.restart().await.unwrap();
    depth_becomes(&broker, "a.jobs", Some(1)).await;
    broker.management().purge("a.").await.unwrap();
    depth_becomes(&broker, "a.jobs", Some(0)).await;
    broker.management().delete_all("a.").await.unwrap();
    depth_becomes(&broker, "a.jobs", None).await;
    depth_becomes(&broker, "b.jobs", Some(1)).await;

    broker.kill().await;
    assert!(RabbitMq::attach(&folder).is_none());
    broker.wipe().await.unwrap();
    assert_eq!(RabbitMq::attach(&folder).unwrap().url(), broker.url());
    depth_becomes(&broker, "b.jobs", None).await;
}
