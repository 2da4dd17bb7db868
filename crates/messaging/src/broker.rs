//! A connection to RabbitMQ that comes back by itself.

use std::{sync::Arc, time::Duration};

use lapin::{
    Channel, Connection, ConnectionProperties, options::ConfirmSelectOptions, uri::AMQPUri,
};
use tokio::{sync::Mutex, time::timeout};

use crate::{Error, Result, topology};

/// How long RabbitMQ may take to answer one request.
pub(crate) const ANSWER: Duration = Duration::from_secs(10);

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

/// A broker. Cheap to clone; all clones share one connection, made when first used and again when it
/// is lost.
#[derive(Clone)]
pub struct Broker(Arc<Inner>);

struct Inner {
    uri: AMQPUri,
    prefix: String,
    name: String,
    connection: Mutex<Option<Connection>>,
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broker").field("prefix", &self.0.prefix).finish_non_exhaustive()
    }
}

impl Broker {
    /// A broker at `config.url`. One that does not answer now is asked again when it is needed.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] if the URL cannot be read.
    pub async fn connect(config: BrokerConfig<'_>) -> Result<Self> {
        let uri = config.url.parse::<AMQPUri>().map_err(Error::Url)?;
        let broker = Self(Arc::new(Inner {
            uri,
            prefix: config.prefix.to_owned(),
            name: config.connection_name.to_owned(),
            connection: Mutex::default(),
        }));
        if let Err(error) = broker.declare().await {
            tracing::warn!(%error, "RabbitMQ does not answer yet");
        }
        Ok(broker)
    }

    /// Declares the topology. Done anyway with every new connection.
    pub async fn declare(&self) -> Result<()> {
        let channel = self.channel().await?;
        within(topology::declare(&channel, self.prefix())).await?;
        close(&channel).await;
        Ok(())
    }

    /// Whether RabbitMQ answers.
    pub async fn ping(&self) -> Result<()> {
        close(&self.channel().await?).await;
        Ok(())
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// A name as it is on the wire.
    pub(crate) fn named(&self, name: &str) -> String {
        format!("{}{name}", self.0.prefix)
    }

    /// A channel on a living connection; on a new one the topology is declared first.
    pub(crate) async fn channel(&self) -> Result<Channel> {
        let mut slot = self.0.connection.lock().await;
        if let Some(connection) = slot.as_ref().filter(|it| it.status().connected()) {
            match within(async { Ok(connection.create_channel().await?) }).await {
                Ok(channel) => return Ok(channel),
                Err(error) => tracing::debug!(%error, "the connection is of no use any more"),
            }
        }
        *slot = None;
        let name = self.0.name.as_str();
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let connecting = Connection::connect_uri(self.0.uri.clone(), properties);
        let connection = within(async { Ok(connecting.await?) }).await?;
        let channel = within(async { Ok(connection.create_channel().await?) }).await?;
        within(topology::declare(&channel, self.prefix())).await?;
        *slot = Some(connection);
        Ok(channel)
    }

    /// A channel that confirms what is published.
    pub(crate) async fn confirming_channel(&self) -> Result<Channel> {
        let channel = self.channel().await?;
        let confirms = channel.confirm_select(ConfirmSelectOptions::default());
        within(async { Ok(confirms.await?) }).await?;
        Ok(channel)
    }
}

/// Bounds a request: lapin itself waits for ever on a connection that is half dead.
pub(crate) async fn within<T>(request: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(ANSWER, request).await.map_err(|_| Error::Timeout(ANSWER))?
}

/// Closes a channel that is of no more use; a broken one is closed already.
pub(crate) async fn close(channel: &Channel) {
    let closing = channel.close(200, "done".into());
    if let Err(error) = within(async { Ok(closing.await?) }).await {
        tracing::debug!(%error, "a channel was not closed in order");
    }
}
