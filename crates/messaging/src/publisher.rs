//! Publishing with confirms and `mandatory` together: either a queue has the message, or we know.

use futures_util::future::join_all;
use lapin::{
    BasicProperties, Channel, Confirmation, PublisherConfirm,
    options::BasicPublishOptions,
    types::{AMQPValue, FieldTable, LongString, ShortString},
};
use store::outbox::OutboxRow;

use crate::{Broker, Error, Result, broker::within, delivery::TRACEPARENT};

/// Durable on disk.
const PERSISTENT: u8 = 2;

/// Publishes a batch: all are sent, then all confirms awaited. One result for each row, in order.
pub(crate) async fn publish_batch(
    broker: &Broker,
    channel: &Channel,
    rows: &[OutboxRow],
) -> Vec<Result<()>> {
    let mut sent = Vec::with_capacity(rows.len());
    for row in rows {
        let exchange = broker.named(&row.exchange);
        let key = wire_key(broker, row);
        let body = row.body.to_string();
        sent.push(send(channel, &exchange, &key, body.as_bytes(), properties(row)).await);
    }
    join_all(
        rows.iter().zip(sent).map(|(row, sent)| async move {
            confirmed(sent?, &row.exchange, &row.routing_key).await
        }),
    )
    .await
}

/// Sends one message; the answer is a promise of the confirm.
pub(crate) async fn send(
    channel: &Channel,
    exchange: &str,
    key: &str,
    body: &[u8],
    properties: BasicProperties,
) -> Result<PublisherConfirm> {
    let options = BasicPublishOptions { mandatory: true, ..Default::default() };
    let sending = channel.basic_publish(exchange.into(), key.into(), options, body, properties);
    within(async { Ok(sending.await?) }).await
}

/// Waits for the confirm.
pub(crate) async fn confirmed(
    confirm: PublisherConfirm,
    exchange: &str,
    routing_key: &str,
) -> Result<()> {
    match within(async { Ok(confirm.await?) }).await? {
        Confirmation::Ack(None) => Ok(()),
        // `basic.return` came before the ack. An event that nobody listens for is published all the same.
        Confirmation::Ack(Some(_)) if exchange == store::outbox::EVENTS => Ok(()),
        Confirmation::Ack(Some(_)) => Err(Error::Unroutable {
            exchange: exchange.to_owned(),
            routing_key: routing_key.to_owned(),
        }),
        Confirmation::Nack(_) | Confirmation::NotRequested => Err(Error::Refused),
    }
}

/// Keys on `praho.dead` are names of queues, so the prefix stands before them too.
fn wire_key(broker: &Broker, row: &OutboxRow) -> String {
    if row.exchange == store::outbox::DEAD {
        broker.named(&row.routing_key)
    } else {
        row.routing_key.clone()
    }
}

fn properties(row: &OutboxRow) -> BasicProperties {
    let mut headers = FieldTable::default();
    let trace = row.traceparent.as_ref().map(|it| (TRACEPARENT, it));
    for (name, value) in row.headers.iter().map(|(name, value)| (name.as_str(), value)).chain(trace)
    {
        headers.insert(short(name), AMQPValue::LongString(LongString::from(value.as_str())));
    }
    BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_message_id(short(&row.message_id.to_string()))
        .with_correlation_id(short(&row.correlation_id))
        .with_type(short(&row.message_type))
        .with_content_type(short(&row.content_type))
        .with_timestamp(u64::try_from(row.created_at.unix_timestamp()).unwrap_or_default())
        .with_app_id("praho".into())
        .with_headers(headers)
}

/// AMQP's short string holds 255 octets; what is longer is cut.
pub(crate) fn short(text: &str) -> ShortString {
    let mut end = text.len().min(255);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].into()
}
