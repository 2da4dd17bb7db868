//! One connection to RabbitMQ, opened at its first use and again after a loss.

use std::{sync::Arc, time::Duration};

use lapin::{Channel, Connection, ConnectionProperties, uri::AMQPUri};
use tokio::{sync::Mutex, task::JoinHandle, time::timeout};

use crate::{Error, Result};

/// How long RabbitMQ may take to answer one request.
pub(crate) const ANSWER: Duration = Duration::from_secs(10);
/// How long one attempt to connect may take. lapin starts a thread for an attempt, and the thread lives on if
/// the attempt is only dropped. So an attempt outlives its callers, and later callers share it.
const ATTEMPT: Duration = Duration::from_secs(30);

/// A connection that is opened again after a loss.
pub(crate) struct Line {
    uri: AMQPUri,
    name: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<Arc<Connection>>,
    attempt: Option<JoinHandle<Result<Connection>>>,
}

impl Line {
    /// A line that is not yet open; `name` appears in RabbitMQ's own console.
    pub(crate) fn new(uri: AMQPUri, name: String) -> Self {
        Self { uri, name, state: Mutex::default() }
    }

    /// A new channel, with its connection.
    pub(crate) async fn channel(&self) -> Result<(Arc<Connection>, Channel)> {
        let connection = within(self.connection()).await?;
        if connection.status().blocked() {
            return Err(Error::Blocked);
        }
        let creating = connection.create_channel();
        match within(async { Ok(creating.await?) }).await {
            Ok(channel) => Ok((connection, channel)),
            Err(error) => {
                self.forget(&connection).await;
                Err(error)
            }
        }
    }

    async fn connection(&self) -> Result<Arc<Connection>> {
        let mut state = self.state.lock().await;
        if let Some(open) = state.open.take_if(|it| it.status().connected()) {
            state.open = Some(Arc::clone(&open));
            return Ok(open);
        }
        state.open = None;
        let attempt = state
            .attempt
            .get_or_insert_with(|| tokio::spawn(connect(self.uri.clone(), self.name.clone())));
        let outcome = attempt.await;
        state.attempt = None;
        let opened = outcome.unwrap_or_else(|_| Err(Error::Timeout(ATTEMPT)))?;
        let opened = Arc::new(opened);
        state.open = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// Drops a broken connection, so that the next channel opens a new one, unless there already is one.
    async fn forget(&self, useless: &Arc<Connection>) {
        let mut state = self.state.lock().await;
        state.open.take_if(|it| Arc::ptr_eq(it, useless));
    }
}

async fn connect(uri: AMQPUri, name: String) -> Result<Connection> {
    let properties = ConnectionProperties::default().with_connection_name(name.as_str().into());
    let connecting = Connection::connect_uri(uri, properties);
    timeout(ATTEMPT, connecting).await.map_err(|_| Error::Timeout(ATTEMPT))?.map_err(Error::from)
}

/// Limits the time of a request: lapin itself waits for ever on a half-dead connection.
pub(crate) async fn within<T>(request: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(ANSWER, request).await.map_err(|_| Error::Timeout(ANSWER))?
}

/// Closes a channel after use; a broken one is closed already.
pub(crate) async fn close(channel: &Channel) {
    let closing = channel.close(200, "done".into());
    if let Err(error) = within(async { Ok(closing.await?) }).await {
        tracing::debug!(%error, "a channel was not closed in order");
    }
}
