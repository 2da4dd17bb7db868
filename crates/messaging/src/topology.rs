//! Every exchange, queue and binding, as one table of data.
//!
//! RabbitMQ refuses other arguments for an existing queue (406): a new shape is a new queue name.

use lapin::{
    Channel, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};
use model::job::Queue;
use store::outbox::{COMMANDS, DEAD, EVENTS, JOBS};

use crate::Result;

/// How often a message may return to its queue before RabbitMQ makes it a dead letter.
///
/// `RabbitMQ` 3.10 has no default limit, so without this a poisonous message would loop for ever.
pub const DELIVERY_LIMIT: i32 = 20;

/// The exchanges with their kinds.
pub const EXCHANGES: [(&str, ExchangeKind); 4] = [
    (COMMANDS, ExchangeKind::Topic),
    (JOBS, ExchangeKind::Direct),
    (EVENTS, ExchangeKind::Topic),
    (DEAD, ExchangeKind::Direct),
];

/// The queues: name, exchange, binding key. Each has a dead-letter queue, see [`dead`].
pub const QUEUES: [(&str, &str, &str); 6] = [
    ("praho.jobs.provisioning", JOBS, "provisioning"),
    ("praho.jobs.bulk", JOBS, "bulk"),
    ("praho.jobs.sync", JOBS, "sync"),
    ("praho.jobs.monitoring", JOBS, "monitoring"),
    ("praho.jobs.dns", JOBS, "dns"),
    (COMMANDS, COMMANDS, "service.*"),
];

/// The dead-letter queue of a queue, which is also its routing key on `praho.dead`.
pub fn dead(queue: &str) -> String {
    format!("{queue}.dead")
}

/// Who declares a part of the topology. A service's user in RabbitMQ has rights to its own part alone, see `deploy/broker.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The API: the exchanges, and its queue.
    Api,
    /// Another service: the queues that it consumes.
    Consumer(&'static [Queue]),
    /// Somebody with all rights: everything.
    Administrator,
}

impl Owner {
    /// Whether a queue is in this part.
    pub fn has(self, queue: &str) -> bool {
        match self {
            Self::Api => queue == COMMANDS,
            Self::Consumer(queues) => {
                let key = queue.strip_prefix(JOBS).and_then(|rest| rest.strip_prefix('.'));
                queues.iter().any(|it| key == Some(it.as_str()))
            }
            Self::Administrator => true,
        }
    }
}

/// Declares the exchanges, with `prefix` before each name, or checks that their owner has done so.
pub(crate) async fn declare_exchanges(channel: &Channel, prefix: &str, by: Owner) -> Result<()> {
    let passive = matches!(by, Owner::Consumer(_));
    let durable = ExchangeDeclareOptions { durable: true, passive, ..Default::default() };
    for (exchange, kind) in EXCHANGES {
        let name = format!("{prefix}{exchange}");
        let arguments = FieldTable::default();
        channel.exchange_declare(name.as_str().into(), kind, durable, arguments).await?;
    }
    Ok(())
}

/// Declares one of [`QUEUES`] and its dead-letter queue.
pub(crate) async fn declare_queue(
    channel: &Channel,
    prefix: &str,
    (queue, exchange, key): (&str, &str, &str),
) -> Result<()> {
    // The dead-letter queue comes first, so that a dead letter always has a queue.
    let grave = dead(queue);
    let mut quorum = FieldTable::default();
    quorum.insert("x-queue-type".into(), text("quorum"));
    queue_on(channel, prefix, &grave, quorum, DEAD, &format!("{prefix}{grave}")).await?;
    queue_on(channel, prefix, queue, arguments(prefix, queue), exchange, key).await
}

/// The arguments of a working queue.
fn arguments(prefix: &str, queue: &str) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("quorum"));
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(DELIVERY_LIMIT));
    arguments.insert("x-dead-letter-exchange".into(), text(&format!("{prefix}{DEAD}")));
    let grave = format!("{prefix}{}", dead(queue));
    arguments.insert("x-dead-letter-routing-key".into(), text(&grave));
    // No dead letter may be lost on its way; this strategy requires `reject-publish`.
    arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    arguments.insert("x-overflow".into(), text("reject-publish"));
    arguments
}

async fn queue_on(
    channel: &Channel,
    prefix: &str,
    queue: &str,
    arguments: FieldTable,
    exchange: &str,
    key: &str,
) -> Result<()> {
    let queue = format!("{prefix}{queue}");
    let exchange = format!("{prefix}{exchange}");
    let durable = QueueDeclareOptions { durable: true, ..Default::default() };
    channel.queue_declare(queue.as_str().into(), durable, arguments).await?;
    channel
        .queue_bind(
            queue.as_str().into(),
            exchange.as_str().into(),
            key.into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await?;
    Ok(())
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_queue_is_bound_to_an_exchange_that_is_declared() {
        let exchanges: HashSet<&str> = EXCHANGES.iter().map(|(exchange, _)| *exchange).collect();
        assert!(QUEUES.iter().all(|(_, exchange, _)| exchanges.contains(exchange)));
        let names: HashSet<String> =
            QUEUES.iter().flat_map(|(queue, ..)| [(*queue).to_owned(), dead(queue)]).collect();
        assert_eq!(names.len(), 2 * QUEUES.len());
    }

    #[test]
    fn dead_letters_stay_behind_the_prefix() {
        let arguments = arguments("p.", "praho.jobs.dns");
        let get = |name: &str| arguments.inner().get(name).cloned();
        assert_eq!(get("x-dead-letter-exchange"), Some(text("p.praho.dead")));
        assert_eq!(get("x-dead-letter-routing-key"), Some(text("p.praho.jobs.dns.dead")));
    }
}
