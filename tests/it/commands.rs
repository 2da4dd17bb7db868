//! Work asked for by messages, with nothing but an AMQP client.

use std::time::Duration;

use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{BasicGetOptions, BasicPublishOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};
use serde_json::{Value, json};
use testkit::eventually_within;

use crate::system::System;

struct Publisher {
    channel: Channel,
    prefix: String,
}

impl Publisher {
    async fn new(system: &System) -> Self {
        let properties = ConnectionProperties::default();
        let connection = Connection::connect(&system.servers.amqp_url, properties).await.unwrap();
        Self { channel: connection.create_channel().await.unwrap(), prefix: system.prefix.clone() }
    }

    async fn command(&self, key: &str, body: &str, correlation_id: &str) {
        let exchange = format!("{}praho.commands", self.prefix);
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_correlation_id(correlation_id.into());
        self.channel
            .basic_publish(
                exchange.as_str().into(),
                key.into(),
                BasicPublishOptions::default(),
                body.as_bytes(),
                properties,
            )
            .await
            .unwrap();
    }

    /// A queue that hears every event.
    async fn events(&self) -> String {
        let name = format!("{}test.events", self.prefix);
        let options =
            QueueDeclareOptions { durable: false, auto_delete: true, ..Default::default() };
        let exchange = format!("{}praho.events", self.prefix);
        self.channel
            .queue_declare(name.as_str().into(), options, FieldTable::default())
            .await
            .unwrap();
        self.channel
            .queue_bind(
                name.as_str().into(),
                exchange.as_str().into(),
                "#".into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
            .unwrap();
        name
    }

    /// The next message of `queue` that `wanted` recognises, with its headers.
    async fn next(&self, queue: &str, wanted: impl Fn(&Value) -> bool) -> (Value, FieldTable) {
        eventually_within(Duration::from_secs(30), queue, async || {
            let options = BasicGetOptions { no_ack: true };
            let message = self.channel.basic_get(queue.into(), options).await.unwrap();
            let message = message.ok_or("nothing yet")?;
            let body: Value = serde_json::from_slice(&message.delivery.data).unwrap_or_default();
            let headers = message.delivery.properties.headers().clone().unwrap_or_default();
            if wanted(&body) { Ok((body, headers)) } else { Err("something else") }
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_activates_a_service_and_a_bad_one_is_answered() {
    let system = System::start().await;
    let publisher = Publisher::new(&system).await;
    let events = publisher.events().await;
    let (service, domain) = system.service().await;

    let body = json!({ "idempotency_key": "activate-1", "service_id": service });
    publisher.command("service.activate", &body.to_string(), "order-1").await;
    // The same again changes nothing.
    publisher.command("service.activate", &body.to_string(), "order-1").await;
    let (event, _) = publisher.next(&events, |it| it["type"] == "account.provisioned").await;
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["data"]["domain"], domain);
    assert_eq!(event["correlationid"], "order-1");
    let seen =
        system.get(&format!("/accounts/{}", event["data"]["account_id"].as_str().unwrap())).await;
    assert_eq!(seen["status"], "active");
    assert_eq!(system.creations(&domain), 1);

    publisher.command("service.activate", "{\"service\": 1", "order-2").await;
    let (event, _) = publisher.next(&events, |it| it["type"] == "command.rejected").await;
    assert_eq!(event["correlationid"], "order-2");
    let dead = format!("{}praho.commands.dead", system.prefix);
    let (_, headers) = publisher.next(&dead, |_| true).await;
    let reason = headers.inner().get("x-praho-reason");
    assert!(
        matches!(reason, Some(AMQPValue::LongString(it)) if !it.as_bytes().is_empty()),
        "{reason:?}"
    );

    let unknown =
        json!({ "idempotency_key": "x", "service_id": "0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f" });
    publisher.command("service.suspend", &unknown.to_string(), "order-3").await;
    let (event, _) = publisher.next(&events, |it| it["correlationid"] == "order-3").await;
    assert_eq!(event["type"], "command.rejected");
    assert_eq!(event["data"]["kind"], "not_found");
}
