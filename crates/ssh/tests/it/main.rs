//! Connections, commands and files against a real OpenSSH server.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod commands;
mod connections;
mod files;

use std::{net::SocketAddr, time::Duration};

use egress::Egress;
use model::secret::Secret;
use ssh::{Connection, Host, NoConnection};
use testkit::{Scratch, openssh::OpenSsh};
use tokio::time::Instant;

/// A server of one test.
struct World {
    server: OpenSsh,
    scratch: Scratch,
}

impl World {
    async fn new() -> Self {
        let scratch = Scratch::new("ssh");
        let server = OpenSsh::start(&scratch.path().join("openssh"), &[]).await.unwrap();
        Self { server, scratch }
    }

    /// The server as it is registered, at another address if its line goes through a proxy.
    fn host(&self, at: SocketAddr) -> Host {
        Host {
            name: at.ip().to_string(),
            port: at.port(),
            user: self.server.user().to_owned(),
            keys: vec![self.server.fingerprint().unwrap().parse().unwrap()],
        }
    }

    fn key(&self) -> Secret {
        self.server.private_key().unwrap().into()
    }

    async fn open(&self, host: &Host) -> Result<Connection, NoConnection> {
        Connection::open(&local(), host, &self.key(), within(20)).await
    }

    async fn connection(&self) -> Connection {
        self.open(&self.host(self.server.address())).await.unwrap()
    }

    /// A path below the folder of the test.
    fn path(&self, name: &str) -> String {
        self.scratch.path().join(name).to_str().unwrap().to_owned()
    }
}

/// Public hosts and this machine.
fn local() -> Egress {
    Egress::new(["127.0.0.0/8".parse().unwrap()], false)
}

fn within(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}
