//! A connection to one host: to a judged address, to a key that is pinned, and logged in by a key.

use std::{
    borrow::Cow,
    fmt, io,
    net::{Shutdown, TcpStream as Socket},
    sync::Arc,
    time::Duration,
};

use egress::{Egress, Refused};
use model::{host_key::HostKey, secret::Secret};
use russh::{
    Channel, Preferred,
    client::{AuthResult, Config, Handle, Handler, Msg, connect_stream},
    keys::{
        Algorithm, EcdsaCurve, HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate,
        decode_secret_key,
    },
};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};

use crate::error::NoConnection;

/// After this time without a word from the host it is asked for one.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// After this many questions in a row without a word the connection is lost.
const MOST_KEEP_ALIVES: usize = 3;
/// The most bytes that a host may send before they are read, and the most in one message.
const WINDOW: u32 = 256 << 10;
const PACKET: u32 = 32 << 10;
/// The messages of a channel that wait to be read: no more than one window.
const MESSAGES: usize = (WINDOW / PACKET) as usize;
/// The kinds of host keys that can be verified without RSA, the best first.
const KEYS: &[Algorithm] = &[
    Algorithm::Ed25519,
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
];

/// A host, and the user to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The name or address.
    pub name: String,
    /// The port of `sshd`.
    pub port: u16,
    /// The user, whose login shell must be a POSIX shell.
    pub user: String,
    /// The host keys that are trusted: one, or two while they are exchanged. Of several that a host has, it shows the
    /// one of Ed25519, or else of ECDSA.
    pub keys: Vec<HostKey>,
}

/// A connection that is logged in. Dropping it ends it, whatever the host does.
pub struct Connection {
    handle: Handle<Judge>,
    _line: Line,
}

impl Connection {
    /// Connects and logs in, all before `deadline`.
    ///
    /// # Errors
    ///
    /// [`NoConnection`]. The private key is not used before the host has proved a pinned key.
    pub async fn open(
        egress: &Egress,
        host: &Host,
        private_key: &Secret,
        deadline: Instant,
    ) -> Result<Self, NoConnection> {
        let key = decode_secret_key(private_key.expose(), None);
        let key =
            PrivateKeyWithHashAlg::new(Arc::new(key.map_err(|_| NoConnection::PrivateKey)?), None);
        let connection = timeout_at(deadline, Self::connect(egress, host)).await;
        let mut connection = connection.unwrap_or(Err(NoConnection::TimedOut))?;
        let login = connection.handle.authenticate_publickey(&host.user, key);
        match timeout_at(deadline, login).await.map_err(|_| NoConnection::TimedOut)? {
            Ok(AuthResult::Success) => Ok(connection),
            // A host that refuses a key tells what it would take instead.
            Ok(AuthResult::Failure { remaining_methods, .. }) if remaining_methods.is_empty() => {
                Err(NoConnection::Unreachable("the host hung up during the login".to_owned()))
            }
            Ok(AuthResult::Failure { .. }) => Err(NoConnection::Denied { user: host.user.clone() }),
            Err(error) => Err(error.into()),
        }
    }

    async fn connect(egress: &Egress, host: &Host) -> Result<Self, NoConnection> {
        let stream = egress.connect(&host.name, host.port).await?;
        let (stream, line) = Line::of(stream)?;
        let config = Config {
            window_size: WINDOW,
            maximum_packet_size: PACKET,
            channel_buffer_size: MESSAGES,
            preferred: Preferred { key: Cow::Borrowed(KEYS), ..Preferred::default() },
            keepalive_interval: Some(KEEP_ALIVE),
            keepalive_max: MOST_KEEP_ALIVES,
            nodelay: true,
            ..Config::default()
        };
        let judge = Judge { pinned: host.keys.clone() };
        let handle = connect_stream(Arc::new(config), stream, judge).await?;
        Ok(Self { handle, _line: line })
    }

    /// A channel, in which one command or subsystem can run.
    pub(crate) async fn channel(&self) -> Result<Channel<Msg>, russh::Error> {
        self.handle.channel_open_session().await
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

/// The second handle of a socket. The library reads on in a task of its own, also after the caller gave up, so that a host
/// which keeps talking could hold the socket for ever; the end of this handle ends both.
struct Line(Socket);

impl Line {
    fn of(stream: TcpStream) -> io::Result<(TcpStream, Self)> {
        let socket = stream.into_std()?;
        let line = Self(socket.try_clone()?);
        Ok((TcpStream::from_std(socket)?, line))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // It may be closed already.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

/// Judges the key that a host has proved.
struct Judge {
    pinned: Vec<HostKey>,
}

impl Handler for Judge {
    type Error = NoConnection;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, NoConnection> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else { return Ok(false) };
        let Some(digest) = key.fingerprint(HashAlg::Sha256).sha256() else { return Ok(false) };
        let presented = HostKey::from(digest);
        match self.pinned.contains(&presented) {
            true => Ok(true),
            false => Err(NoConnection::HostKey { presented }),
        }
    }
}

impl From<io::Error> for NoConnection {
    fn from(error: io::Error) -> Self {
        match Refused::behind(&error) {
            Some(refused) => Self::Address(refused),
            None => Self::Unreachable(error.to_string()),
        }
    }
}

impl From<russh::Error> for NoConnection {
    fn from(error: russh::Error) -> Self {
        match error {
            russh::Error::NoCommonAlgo { .. } => Self::NoCommonAlgorithm(error.to_string()),
            russh::Error::IO(error) => error.into(),
            error => Self::Unreachable(error.to_string()),
        }
    }
}
