//! Turns outbox rows and dead letters into messages for the broker.

use lapin::{
    BasicProperties,
    message::Delivery as Received,
    types::{AMQPValue, FieldTable, LongString, ShortString},
};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::outbox::{DEAD, EVENTS, OutboxRow};

use crate::{Broker, delivery::TRACEPARENT, publisher::Outgoing, topology};

/// The delivery mode of a message that is kept on disk.
const PERSISTENT: u8 = 2;
/// Most bytes of a header; all headers together must fit into one frame, which is 128 KiB.
const LONGEST_HEADER: usize = 4096;

/// The message of an outbox row.
pub(crate) fn from_row(broker: &Broker, row: &OutboxRow) -> Outgoing {
    // Keys on `praho.dead` are names of queues, so they get the prefix too.
    let routing_key = match row.exchange.as_str() {
        DEAD => broker.named(&row.routing_key),
        _ => row.routing_key.clone(),
    };
    Outgoing {
        exchange: broker.named(&row.exchange),
        routing_key,
        body: row.body.to_string().into_bytes(),
        properties: properties(row),
        // An event without listeners counts as published.
        mandatory: row.exchange != EVENTS,
    }
}

fn properties(row: &OutboxRow) -> BasicProperties {
    let mut headers = FieldTable::default();
    let trace = row.traceparent.as_ref().map(|it| (TRACEPARENT, it));
    for (name, value) in row.headers.iter().map(|(name, value)| (name.as_str(), value)).chain(trace)
    {
        headers.insert(short(name), long(value));
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

/// A copy of a message of `queue` for its dead-letter queue, with the reason.
///
/// The copy does not expire. Its `user_id` becomes a header, because RabbitMQ checks the property against the
/// publishing user, which is ours.
pub(crate) fn dead_letter(
    broker: &Broker,
    queue: &str,
    received: &Received,
    reason: &str,
) -> Outgoing {
    let original = &received.properties;
    let mut headers = original.headers().clone().unwrap_or_default();
    headers.insert("x-praho-reason".into(), long(reason));
    headers.insert("x-praho-queue".into(), long(queue));
    headers.insert("x-praho-routing-key".into(), long(received.routing_key.as_str()));
    if let Some(user) = original.user_id() {
        headers.insert("x-praho-user-id".into(), long(user.as_str()));
    }
    let with = |properties, value: &Option<ShortString>, set: SetText| match value {
        Some(value) => set(properties, value.clone()),
        None => properties,
    };
    let mut properties =
        BasicProperties::default().with_delivery_mode(PERSISTENT).with_headers(headers);
    properties = with(properties, original.message_id(), BasicProperties::with_message_id);
    properties = with(properties, original.correlation_id(), BasicProperties::with_correlation_id);
    properties = with(properties, original.kind(), BasicProperties::with_type);
    properties = with(properties, original.content_type(), BasicProperties::with_content_type);
    properties =
        with(properties, original.content_encoding(), BasicProperties::with_content_encoding);
    properties = with(properties, original.reply_to(), BasicProperties::with_reply_to);
    properties = with(properties, original.app_id(), BasicProperties::with_app_id);
    if let Some(timestamp) = *original.timestamp() {
        properties = properties.with_timestamp(timestamp);
    }
    if let Some(priority) = *original.priority() {
        properties = properties.with_priority(priority);
    }
    Outgoing {
        exchange: broker.named(DEAD),
        routing_key: broker.named(&topology::dead(queue)),
        body: received.data.to_vec(),
        properties,
        mandatory: true,
    }
}

/// As [`dead_letter`], with the body's size and SHA-256 in the place of the body.
pub(crate) fn withheld(
    broker: &Broker,
    queue: &str,
    received: &Received,
    reason: &str,
) -> Outgoing {
    let letter = dead_letter(broker, queue, received, reason);
    let sha256 = hex::encode(Sha256::digest(&received.data));
    let body = json!({ "withheld": { "bytes": received.data.len(), "sha256": sha256 } });
    // The properties are the message's own, so they say the type of what is withheld.
    Outgoing { body: body.to_string().into_bytes(), ..letter }
}

type SetText = fn(BasicProperties, ShortString) -> BasicProperties;

/// A short string of AMQP, which holds 255 octets; longer text is cut.
fn short(text: &str) -> ShortString {
    cut(text, 255).into()
}

fn long(text: &str) -> AMQPValue {
    AMQPValue::LongString(LongString::from(cut(text, LONGEST_HEADER)))
}

fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

#[cfg(test)]
mod tests;
