//! An AMQP client for tests that uses none of our crates.

use std::time::Duration;

use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{BasicGetOptions, BasicPublishOptions, QueueBindOptions, QueueDeclareOptions},
    types::FieldTable,
};
use serde_json::Value;
use testkit::eventually_within;
use url::Url;

pub(crate) struct Broker {
    channel: Channel,
    user: String,
    prefix: String,
}

impl Broker {
    /// Connects to the broker at `url`. `prefix` is the prefix of our exchanges and queues.
    pub(crate) async fn connect(url: &str, prefix: &str) -> Self {
        let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
        let user = url.parse::<Url>().unwrap().username().to_owned();
        let channel = connection.create_channel().await.unwrap();
        Self { channel, user, prefix: prefix.to_owned() }
    }

    pub(crate) async fn publish(&self, exchange: &str, key: &str, body: &[u8], correlation: &str) {
        self.publish_with(exchange, key, body, correlation, FieldTable::default()).await;
    }

    /// Publishes a message with headers.
    pub(crate) async fn publish_with(
        &self,
        exchange: &str,
        key: &str,
        body: &[u8],
        correlation: &str,
        headers: FieldTable,
    ) {
        let exchange = format!("{}{exchange}", self.prefix);
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_user_id(self.user.as_str().into())
            .with_headers(headers)
            .with_correlation_id(correlation.into());
        self.channel
            .basic_publish(
                exchange.as_str().into(),
                key.into(),
                BasicPublishOptions::default(),
                body,
                properties,
            )
            .await
            .unwrap();
    }

    /// Declares a queue that receives every event.
    pub(crate) async fn events(&self) -> String {
        let name = "test.events".to_owned();
        let (queue, exchange) =
            (format!("{}{name}", self.prefix), format!("{}praho.events", self.prefix));
        let options =
            QueueDeclareOptions { durable: false, auto_delete: true, ..Default::default() };
        self.channel
            .queue_declare(queue.as_str().into(), options, FieldTable::default())
            .await
            .unwrap();
        let options = QueueBindOptions::default();
        self.channel
            .queue_bind(
                queue.as_str().into(),
                exchange.as_str().into(),
                "#".into(),
                options,
                FieldTable::default(),
            )
            .await
            .unwrap();
        name
    }

    /// The next message of `queue` that `wanted` accepts, with its headers; other messages are dropped.
    pub(crate) async fn next(
        &self,
        queue: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> (Value, FieldTable) {
        let name = format!("{}{queue}", self.prefix);
        eventually_within(Duration::from_secs(30), queue, async || {
            let options = BasicGetOptions { no_ack: true };
            let message = self.channel.basic_get(name.as_str().into(), options).await.unwrap();
            let message = message.ok_or("nothing yet")?;
            let body: Value = serde_json::from_slice(&message.delivery.data).unwrap_or_default();
            let headers = message.delivery.properties.headers().clone().unwrap_or_default();
            if wanted(&body) { Ok((body, headers)) } else { Err("something else") }
        })
        .await
    }

    /// Takes the ready events in `queue`; returns their types.
    pub(crate) async fn types(&self, queue: &str) -> Vec<String> {
        let name = format!("{}{queue}", self.prefix);
        let options = BasicGetOptions { no_ack: true };
        let mut types = Vec::new();
        while let Some(message) =
            self.channel.basic_get(name.as_str().into(), options).await.unwrap()
        {
            let event: Value = serde_json::from_slice(&message.delivery.data).unwrap();
            types.push(event["type"].as_str().unwrap().to_owned());
        }
        types
    }

    /// The number of ready messages in `queue`.
    pub(crate) async fn depth(&self, queue: &str) -> u32 {
        let name = format!("{}{queue}", self.prefix);
        let options = QueueDeclareOptions { passive: true, durable: true, ..Default::default() };
        let queue =
            self.channel.queue_declare(name.as_str().into(), options, FieldTable::default()).await;
        queue.unwrap().message_count()
    }
}
