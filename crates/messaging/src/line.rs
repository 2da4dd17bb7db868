//! One connection to RabbitMQ, opened at its first use and again after a loss.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use lapin::{Channel, Connection, ConnectionProperties, tcp::OwnedTLSConfig, uri::AMQPUri};
use tokio::{sync::Mutex, task::JoinHandle, time::timeout};
use url::Url;

use crate::{Error, Result};

/// How long RabbitMQ may take to answer one request.
pub(crate) const ANSWER: Duration = Duration::from_secs(10);
/// How long one attempt to connect may take. lapin starts a thread for an attempt, and the thread lives on if
/// the attempt is only dropped. So an attempt outlives its callers, and later callers share it.
const ATTEMPT: Duration = Duration::from_secs(30);

/// Where the broker is, and who has issued its certificate.
#[derive(Clone)]
pub(crate) struct Address {
    uri: AMQPUri,
    ca_file: Option<PathBuf>,
}

impl Address {
    /// The address in `url`, of which `uri` is the part that lapin knows.
    ///
    /// # Errors
    ///
    /// [`Error::Ca`] if the file cannot be read.
    pub(crate) fn new(uri: AMQPUri, url: &str) -> Result<Self> {
        let url = Url::parse(url).map_err(|_| Error::Url)?;
        let named = url.query_pairs().find(|(name, _)| name == "cacertfile");
        let address = Self { uri, ca_file: named.map(|(_, path)| path.into_owned().into()) };
        address.tls()?;
        Ok(address)
    }

    /// Reads the file with the CA, which may change while the service runs.
    fn tls(&self) -> Result<OwnedTLSConfig> {
        let Some(path) = &self.ca_file else { return Ok(OwnedTLSConfig::default()) };
        let read = fs::read_to_string(path);
        let pem = read.map_err(|error| Error::Ca {
            path: path.display().to_string(),
            reason: error.to_string(),
        })?;
        Ok(OwnedTLSConfig { cert_chain: Some(pem), ..OwnedTLSConfig::default() })
    }
}

/// A connection that is opened again after a loss.
pub(crate) struct Line {
    address: Address,
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
    pub(crate) fn new(address: Address, name: String) -> Self {
        Self { address, name, state: Mutex::default() }
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
            .get_or_insert_with(|| tokio::spawn(connect(self.address.clone(), self.name.clone())));
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

async fn connect(address: Address, name: String) -> Result<Connection> {
    let properties = ConnectionProperties::default().with_connection_name(name.as_str().into());
    let tls = address.tls()?;
    let runtime = lapin::runtime::default_runtime()?;
    let connecting = Connection::connect_uri_with_config(address.uri, properties, tls, runtime);
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
