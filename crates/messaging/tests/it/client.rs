//! A client of the broker that does not use our code.

use std::sync::Arc;

use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    message::BasicGetMessage,
    options::{BasicGetOptions, BasicPublishOptions, QueueBindOptions, QueueDeclareOptions},
    types::FieldTable,
};
use store::outbox::JOBS;
use testkit::eventually;

use crate::world::{KEY, number_in};

/// A connection to the broker without our code.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) channel: Channel,
    prefix: String,
    _connection: Arc<Connection>,
}

impl Client {
    pub(crate) async fn new(url: &str, prefix: &str) -> Self {
        let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        Self { channel, prefix: prefix.to_owned(), _connection: Arc::new(connection) }
    }

    /// Publishes to [`QUEUE`](crate::world::QUEUE).
    pub(crate) async fn publish(&self, body: &[u8], properties: BasicProperties) {
        let (exchange, options) =
            (format!("{}{JOBS}", self.prefix), BasicPublishOptions::default());
        self.channel
            .basic_publish(exchange.as_str().into(), KEY.into(), options, body, properties)
            .await
            .unwrap();
    }

    /// Creates an exclusive queue bound to `key` on `exchange`.
    pub(crate) async fn listen(&self, queue: &str, exchange: &str, key: &str) {
        let queue = format!("{}{queue}", self.prefix);
        let exchange = format!("{}{exchange}", self.prefix);
        let exclusive = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
        let arguments = FieldTable::default();
        self.channel
            .queue_declare(queue.as_str().into(), exclusive, arguments.clone())
            .await
            .unwrap();
        self.channel
            .queue_bind(
                queue.as_str().into(),
                exchange.as_str().into(),
                key.into(),
                QueueBindOptions::default(),
                arguments,
            )
            .await
            .unwrap();
    }

    /// Takes one message of a queue, if there is one.
    pub(crate) async fn take(&self, queue: &str) -> Option<BasicGetMessage> {
        let queue = format!("{}{queue}", self.prefix);
        let options = BasicGetOptions { no_ack: true };
        self.channel.basic_get(queue.as_str().into(), options).await.unwrap()
    }

    /// Waits for the next message of a queue.
    pub(crate) async fn next(&self, queue: &str) -> BasicGetMessage {
        eventually(queue, async || self.take(queue).await).await
    }

    /// The numbers of the next `count` messages of a queue, in order.
    pub(crate) async fn numbers(&self, queue: &str, count: usize) -> Vec<u64> {
        let mut numbers = Vec::new();
        for _ in 0..count {
            numbers.push(number_in(&self.next(queue).await.delivery.data));
        }
        numbers.sort_unstable();
        numbers
    }
}

/// The numbers `first..=last`, as [`Client::numbers`] returns them.
pub(crate) fn all(first: u64, last: u64) -> Vec<u64> {
    (first..=last).collect()
}
