//! A message as a handler gets it, and the handler's verdict.

use lapin::{
    message::Delivery as Received,
    types::{AMQPValue, ShortString},
};

/// The header with the W3C trace context.
pub(crate) const TRACEPARENT: &str = "traceparent";

/// A delivered message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// The body as sent.
    pub body: Vec<u8>,
    /// The key under which the message was published.
    pub routing_key: String,
    /// The property `message_id`.
    pub message_id: Option<String>,
    /// The property `correlation_id`.
    pub correlation_id: Option<String>,
    /// The property `type`.
    pub message_type: Option<String>,
    /// The property `app_id`.
    pub app_id: Option<String>,
    /// The property `user_id`, which RabbitMQ has checked.
    pub user_id: Option<String>,
    /// The property `content_type`.
    pub content_type: Option<String>,
    /// The property `content_encoding`.
    pub content_encoding: Option<String>,
    /// The W3C trace context of the header `traceparent`.
    pub traceparent: Option<String>,
    /// Whether the message may have been delivered before.
    pub redelivered: bool,
}

/// The handler's decision about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The message is done.
    Ack,
    /// The message goes back to its queue and is delivered again.
    Requeue,
    /// No handler can use the message: it goes to its dead-letter queue, with the reason.
    Dead {
        /// The reason, for the operator; never a secret.
        reason: String,
    },
    /// As `Dead`, but the letter has the body's size and SHA-256 instead of the body, which may hold a secret.
    Withheld {
        /// The reason, for the operator; never a secret.
        reason: String,
    },
}

impl From<&Received> for Delivery {
    fn from(received: &Received) -> Self {
        let text = |it: &Option<ShortString>| it.as_ref().map(ToString::to_string);
        let properties = &received.properties;
        let headers = properties.headers().as_ref().map(|it| it.inner());
        let traceparent = match headers.and_then(|it| it.get(TRACEPARENT)) {
            Some(AMQPValue::LongString(it)) => String::from_utf8(it.as_bytes().to_vec()).ok(),
            _ => None,
        };
        Self {
            body: received.data.to_vec(),
            routing_key: received.routing_key.to_string(),
            message_id: text(properties.message_id()),
            correlation_id: text(properties.correlation_id()),
            message_type: text(properties.kind()),
            app_id: text(properties.app_id()),
            user_id: text(properties.user_id()),
            content_type: text(properties.content_type()),
            content_encoding: text(properties.content_encoding()),
            traceparent,
            redelivered: received.redelivered,
        }
    }
}
