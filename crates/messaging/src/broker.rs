//! A RabbitMQ broker: where it is, what our things are called there, and whether it answers.

use std::{sync::Arc, time::Duration};

use lapin::{Channel, options::ConfirmSelectOptions, uri::AMQPUri};
use tokio::{sync::Mutex, time::timeout};

use crate::{
    Error, Result,
    line::{Line, close, within},
    publisher::{Outgoing, Publisher},
    topology,
};

/// How long a service waits for the broker when it starts: it does its other work without.
const START: Duration = Duration::from_secs(2);
/// How long [`Broker::ping`] may take: a little less than readiness waits for it.
const PING: Duration = Duration::from_millis(1500);
/// Seconds without a word, times two, after which a connection counts as lost.
const HEARTBEAT: u16 = 10;
/// Bytes of a prefix; AMQP's names hold 255, and the longest of ours is not 50.
const LONGEST_PREFIX: usize = 200;

/// Where the broker is, and what our things are called there.
#[derive(Clone, Copy)]
pub struct BrokerConfig<'a> {
    /// `amqp://user:password@host:5672/%2f`, or `amqps://`.
    pub url: &'a str,
    /// Stands before the name of every exchange and queue; empty in production.
    pub prefix: &'a str,
    /// Shown in RabbitMQ's own console.
    pub connection_name: &'a str,
}

/// A broker. Cheap to clone; all clones share two connections, made when first used and again when
/// they are lost.
#[derive(Clone)]
pub struct Broker(Arc<Inner>);

/// RabbitMQ stops reading from connections that publish when it runs out of memory or disk; what is
/// consumed must still be acknowledged then, so it has a connection of its own.
struct Inner {
    prefix: String,
    publishing: Line,
    consuming: Line,
    /// For single messages, one at a time.
    single: Mutex<Option<Publisher>>,
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broker").field("prefix", &self.0.prefix).finish_non_exhaustive()
    }
}

impl Broker {
    /// A broker at `config.url`. One that does not answer within two seconds is asked again when it is
    /// needed.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] if the URL cannot be read, [`Error::Prefix`] for a prefix that is too long.
    pub async fn connect(config: BrokerConfig<'_>) -> Result<Self> {
        // What the parser says may hold the URL, and that the password.
        let mut uri: AMQPUri = config.url.parse().map_err(|_| Error::Url)?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        if config.prefix.len() > LONGEST_PREFIX {
            return Err(Error::Prefix { limit: LONGEST_PREFIX });
        }
        let line = |uri, use_| Line::new(uri, format!("{} ({use_})", config.connection_name));
        let broker = Self(Arc::new(Inner {
            prefix: config.prefix.to_owned(),
            publishing: line(uri.clone(), "publishing"),
            consuming: line(uri, "consuming"),
            single: Mutex::default(),
        }));
        let declaring = timeout(START, broker.declare()).await;
        if let Err(error) = declaring.unwrap_or(Err(Error::Timeout(START))) {
            tracing::warn!(%error, "RabbitMQ does not answer yet");
        }
        Ok(broker)
    }

    /// Declares the topology. Done anyway before something is published or consumed.
    pub async fn declare(&self) -> Result<()> {
        let (_connection, channel) = self.0.publishing.channel().await?;
        within(topology::declare(&channel, self.prefix())).await?;
        close(&channel).await;
        Ok(())
    }

    /// Whether RabbitMQ answers, within 1.5 seconds.
    pub async fn ping(&self) -> Result<()> {
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

    /// A name as it is on the wire.
    pub(crate) fn named(&self, name: &str) -> String {
        format!("{}{name}", self.0.prefix)
    }

    /// A channel to consume from, with the topology declared: a queue may be gone while a connection lives.
    pub(crate) async fn consuming_channel(&self) -> Result<Channel> {
        let (_connection, channel) = self.0.consuming.channel().await?;
        within(topology::declare(&channel, self.prefix())).await?;
        Ok(channel)
    }

    /// A channel that confirms what is published, with the topology declared.
    pub(crate) async fn publisher(&self) -> Result<Publisher> {
        let (connection, channel) = self.0.publishing.channel().await?;
        within(topology::declare(&channel, self.prefix())).await?;
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
