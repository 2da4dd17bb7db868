//! The errors of messaging with RabbitMQ.

use std::time::Duration;

use lapin::{
    ErrorKind,
    protocol::{AMQPErrorKind, AMQPSoftError},
};

/// The result of messaging.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of messaging. It never contains a URL, because a URL contains a password.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The URL of the broker cannot be read.
    #[error("amqp.url: not the URL of a broker; give one like amqp://user:password@host:5672/%2f")]
    Url,
    /// The file with the CA of the broker cannot be read.
    #[error(
        "amqp.url: its cacertfile {path} cannot be read: {reason}; name a PEM file with the broker's CA"
    )]
    Ca {
        /// The file.
        path: String,
        /// The error of the operating system.
        reason: String,
    },
    /// The names of queues would become longer than AMQP allows.
    #[error("amqp.prefix: too long; give one of at most {limit} bytes")]
    Prefix {
        /// The most bytes of a prefix.
        limit: usize,
    },
    /// RabbitMQ or the connection reported an error.
    #[error("RabbitMQ: {0}")]
    Amqp(String),
    /// The user of this process has no right to it.
    #[error("RabbitMQ refuses it to this user: {0}")]
    Denied(String),
    /// No answer came in time.
    #[error("RabbitMQ did not answer within {0:?}")]
    Timeout(Duration),
    /// RabbitMQ is short of memory or disk space, and accepts no messages until it has more.
    #[error("RabbitMQ takes no messages for now: it is short of memory or disk space")]
    Blocked,
    /// A queue cannot be consumed, mostly because somebody declared it with another type or other arguments.
    #[error("queue {queue} cannot be consumed: {reason}")]
    Unconsumed {
        /// The queue.
        queue: String,
        /// The reason that RabbitMQ gives.
        reason: String,
    },
    /// The broker did not accept a message.
    #[error("RabbitMQ refused the message")]
    Refused,
    /// No queue is bound for a message that must have one.
    #[error("no queue takes {routing_key} on {exchange}")]
    Unroutable {
        /// The exchange.
        exchange: String,
        /// The routing key.
        routing_key: String,
    },
}

impl From<lapin::Error> for Error {
    fn from(error: lapin::Error) -> Self {
        let denied = AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED);
        match error.kind() {
            ErrorKind::ProtocolError(told) if *told.kind() == denied => {
                Self::Denied(told.get_message().to_string())
            }
            _ => Self::Amqp(error.to_string()),
        }
    }
}
