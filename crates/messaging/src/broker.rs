//! A RabbitMQ broker: its connections, the prefix of our names on it, and its readiness.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex as Lock, PoisonError},
    time::Duration,
};

use lapin::{Channel, Connection, options::ConfirmSelectOptions, uri::AMQPUri};
use tokio::{sync::Mutex, time::timeout};

use crate::{
    Error, Result,
    line::{Address, Line, close, within},
    publisher::{Outgoing, Publisher},
    topology::{self, Owner},
};

/// How long a service waits for the broker at its start; it then goes on without.
const START: Duration = Duration::from_secs(2);
/// How long [`Broker::ping`] may take: a little less than the readiness check allows.
const PING: Duration = Duration::from_millis(1500);
/// The heartbeat in seconds; after twice that time without traffic a connection counts as lost.
const HEARTBEAT: u16 = 10;
/// Most bytes of a prefix; AMQP's names hold 255, and our longest is shorter than 50.
const LONGEST_PREFIX: usize = 200;

/// The address of the broker, and the names of our exchanges, queues and connections on it.
#[derive(Clone, Copy)]
pub struct BrokerConfig<'a> {
    /// `amqp://user:password@host:5672/%2f`, or `amqps://`. As in RabbitMQ's own clients, `?cacertfile=` names the PEM file
    /// of the broker's CA, which is trusted beside the system's roots.
    pub url: &'a str,
    /// The prefix of every exchange and queue; empty in production.
    pub prefix: &'a str,
    /// The name in RabbitMQ's own console.
    pub connection_name: &'a str,
    /// The part of the topology that this process declares.
    pub owner: Owner,
}

/// A broker. Cheap to clone; all clones share two connections, which open at their first use and again after
/// a loss.
#[derive(Clone)]
pub struct Broker(Arc<Inner>);

/// RabbitMQ stops reading from publishing connections when it runs out of memory or disk. Consumers must
/// still be able to acknowledge then, so they have a connection of their own.
struct Inner {
    prefix: String,
    publishing: Line,
    consuming: Line,
    /// The channel for single messages, one at a time.
    single: Mutex<Option<Publisher>>,
    owner: Owner,
    /// The queues that cannot be consumed for now, with the reasons.
    unconsumed: Lock<BTreeMap<String, String>>,
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broker").field("prefix", &self.0.prefix).finish_non_exhaustive()
    }
}

impl Broker {
    /// Connects to the broker at `config.url`. If it does not answer within two seconds, the next use
    /// connects.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] or [`Error::Ca`] if the URL or the file in it cannot be read, [`Error::Prefix`] for a prefix that is
    /// too long.
    pub async fn connect(config: BrokerConfig<'_>) -> Result<Self> {
        // The parser's message may contain the URL, and with it the password.
        let mut uri: AMQPUri = config.url.parse().map_err(|_| Error::Url)?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        if config.prefix.len() > LONGEST_PREFIX {
            return Err(Error::Prefix { limit: LONGEST_PREFIX });
        }
        let address = Address::new(uri, config.url)?;
        let line =
            |address, use_| Line::new(address, format!("{} ({use_})", config.connection_name));
        let broker = Self(Arc::new(Inner {
            prefix: config.prefix.to_owned(),
            publishing: line(address.clone(), "publishing"),
            consuming: line(address, "consuming"),
            single: Mutex::default(),
            owner: config.owner,
            unconsumed: Lock::default(),
        }));
        let declaring = timeout(START, broker.declare()).await;
        if let Err(error) = declaring.unwrap_or(Err(Error::Timeout(START))) {
            tracing::warn!(%error, "RabbitMQ does not answer yet");
        }
        Ok(broker)
    }

    /// Declares our part of the topology. Every publisher also does so before it starts, and every consumer declares its
    /// queue.
    pub async fn declare(&self) -> Result<()> {
        let (_connection, channel) = self.declared().await?;
        close(&channel).await;
        Ok(())
    }

    /// A channel for publishing, with our part of the topology declared. A queue that somebody declared with other
    /// arguments is left as it is, since the messages of the other queues must go on.
    async fn declared(&self) -> Result<(Arc<Connection>, Channel)> {
        let (mut connection, mut channel) = self.0.publishing.channel().await?;
        within(topology::declare_exchanges(&channel, self.prefix(), self.0.owner)).await?;
        for queue in topology::QUEUES.into_iter().filter(|(name, ..)| self.0.owner.has(name)) {
            let declaring = topology::declare_queue(&channel, self.prefix(), queue);
            if let Err(error) = within(declaring).await {
                tracing::warn!(%error, queue = queue.0, "a queue was not declared");
                // RabbitMQ closes the channel of a wrong declaration.
                (connection, channel) = self.0.publishing.channel().await?;
            }
        }
        Ok((connection, channel))
    }

    /// Checks that RabbitMQ answers within 1.5 seconds, and that every queue which this process consumes can be
    /// consumed.
    pub async fn ping(&self) -> Result<()> {
        if let Some((queue, reason)) = self.unconsumed().first_key_value() {
            return Err(Error::Unconsumed { queue: queue.clone(), reason: reason.clone() });
        }
        let asking = async {
            let (_connection, channel) = self.0.publishing.channel().await?;
            close(&channel).await;
            Ok(())
        };
        timeout(PING, asking).await.map_err(|_| Error::Timeout(PING))?
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// A name with our prefix, as the broker knows it.
    pub(crate) fn named(&self, name: &str) -> String {
        format!("{}{name}", self.0.prefix)
    }

    /// A channel for consuming, with the queue declared: it may be deleted while a connection lives.
    pub(crate) async fn consuming_channel(&self, queue: &str) -> Result<Channel> {
        let (_connection, channel) = self.0.consuming.channel().await?;
        within(topology::declare_exchanges(&channel, self.prefix(), self.0.owner)).await?;
        if let Some(ours) = topology::QUEUES.into_iter().find(|(name, ..)| *name == queue) {
            within(topology::declare_queue(&channel, self.prefix(), ours)).await?;
        }
        Ok(channel)
    }

    /// Notes whether a queue can be consumed.
    pub(crate) fn consumes(&self, queue: &str, problem: Option<&Error>) {
        match problem {
            Some(error) => self.unconsumed().insert(self.named(queue), error.to_string()),
            None => self.unconsumed().remove(&self.named(queue)),
        };
    }

    fn unconsumed(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.0.unconsumed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A channel in confirm mode, with the topology declared.
    pub(crate) async fn publisher(&self) -> Result<Publisher> {
        let (connection, channel) = self.declared().await?;
        let confirms = channel.confirm_select(ConfirmSelectOptions::default());
        within(async { Ok(confirms.await?) }).await?;
        Ok(Publisher::new(connection, channel))
    }

    /// Publishes one message, and waits until a queue has it.
    pub(crate) async fn publish(&self, message: Outgoing) -> Result<()> {
        let mut kept = self.0.single.lock().await;
        let publisher = match kept.take().filter(Publisher::usable) {
            Some(publisher) => publisher,
            None => self.publisher().await?,
        };
        for result in publisher.publish(&[message]).await {
            result?;
        }
        *kept = Some(publisher);
        Ok(())
    }
}
