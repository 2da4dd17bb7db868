//! A private RabbitMQ broker with its management API, cookie and port mapper.

mod management;
mod node;

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tokio::net::TcpStream;
use url::Url;

pub use self::management::{Management, Permissions};

use self::node::Node;
use crate::authority::Authority;
use crate::instance::Instance;
use crate::process::Process;

const COMPONENT: &str = "RabbitMQ";
/// A start takes 7 s on an idle machine, and many times that during a compilation.
const START: Duration = Duration::from_secs(180);
const STOP: Duration = Duration::from_secs(60);

/// A private RabbitMQ on ports of 127.0.0.1, with one administrator and a random password.
#[derive(Clone, Debug)]
pub struct RabbitMq {
    instance: Instance,
    node: Node,
}

/// The password in the URL of a broker.
///
/// # Panics
/// If it is not the URL of a broker.
#[must_use]
pub fn password(url: &str) -> String {
    let url = Url::parse(url).expect("a URL");
    url.password().expect("a URL with a password").to_owned()
}

/// The URL of an administrator as that of another user with the same password.
///
/// # Panics
/// If it is not the URL of a broker.
#[must_use]
pub fn with_user(url: &str, user: &str) -> String {
    let mut url = Url::parse(url).expect("a URL");
    url.set_username(user).expect("a URL with a user");
    url.into()
}

impl RabbitMq {
    /// Starts the broker in `directory`, which is created if it does not exist. A running broker is left
    /// alone.
    pub async fn start(directory: &Path) -> Result<Self> {
        Self::start_as(directory, || Ok(Node::new())).await
    }

    /// The same, and the broker also takes TLS, at a port of its own, under a certificate of this authority.
    pub async fn start_with_tls(directory: &Path, authority: &Authority) -> Result<Self> {
        Self::start_as(directory, || Node::new().with_tls(authority)).await
    }

    async fn start_as(directory: &Path, new: impl Fn() -> Result<Node>) -> Result<Self> {
        if let Some(running) = Self::attach(directory) {
            return Ok(running);
        }
        let instance = Instance::new(COMPONENT, directory)?;
        instance
            .start(async |attempt| {
                let node = match instance.settings::<Node>() {
                    Some(node) if attempt == 0 => node,
                    Some(node) => node.with_other_ports(),
                    None => new()?,
                };
                instance.save(&node)?;
                let broker = Self { instance: instance.clone(), node };
                broker.launch().await.map(|()| broker)
            })
            .await
    }

    /// The broker in `directory`, if it is running.
    #[must_use]
    pub fn attach(directory: &Path) -> Option<Self> {
        let (instance, node) = Instance::attach(COMPONENT, directory)?;
        Some(Self { instance, node })
    }

    /// The AMQP 0-9-1 URL of the virtual host `/`, with user and password.
    #[must_use]
    pub fn url(&self) -> String {
        self.node.amqp_url()
    }

    /// The same by TLS, with the CA to trust, if the broker takes TLS.
    #[must_use]
    pub fn tls_url(&self) -> Option<String> {
        self.node.amqps_url()
    }

    /// The URL of the management API, with user and password and without a path.
    #[must_use]
    pub fn management_url(&self) -> String {
        self.node.management_url()
    }

    /// The management API of this broker.
    #[must_use]
    pub fn management(&self) -> Management {
        Management::new(&self.management_url())
    }

    /// Shuts the broker down and starts it again; durable queues and messages are kept.
    pub async fn restart(&self) -> Result<()> {
        self.stop().await;
        self.instance.start(async |_| self.launch().await).await
    }

    /// Shuts the broker down; durable data stay on disk.
    pub async fn stop(&self) {
        for process in self.instance.processes() {
            process.stop(STOP).await;
        }
    }

    /// Kills the broker as a crash would. [`RabbitMq::restart`] starts it again.
    pub async fn kill(&self) {
        self.instance.kill().await;
    }

    /// Kills the broker, deletes every queue, exchange and message, and starts it empty on the same ports.
    pub async fn wipe(&self) -> Result<()> {
        self.kill().await;
        let data = self.node.data(&self.instance.directory);
        if data.exists() {
            fs::remove_dir_all(&data).context("RabbitMQ: cannot remove its data")?;
        }
        self.instance.start(async |_| self.launch().await).await
    }

    async fn launch(&self) -> Result<()> {
        let directory = &self.instance.directory;
        self.node.configure(directory)?;
        let port_mapper = self.start_port_mapper().await?;
        // The record exists before the broker starts, so that the port mapper is stopped even if that start
        // fails.
        self.instance.record(&[port_mapper])?;
        let mut broker = self.node.broker(directory, &programs()?);
        let script = Process::spawn(&mut broker, &self.instance.log())
            .context("RabbitMQ: cannot start rabbitmq-server")?;
        self.instance.record(&[script, port_mapper])?;
        let management = self.management();
        self.instance
            .ready(script, START, async || management.healthy(self.node.port()).await)
            .await?;
        // The script ends shortly after its broker. The broker's own pid comes first, so that a check in
        // between sees the broker's end.
        let pid = fs::read_to_string(self.node.pid_file(directory)).unwrap_or_default();
        let pid = pid.trim().parse().map_err(|_| self.instance.failure("wrote no pid file"))?;
        self.instance.record(&[Process::of(pid), script, port_mapper])
    }

    /// Starts the port mapper. Without it the broker would start one as a daemon that no code stops.
    async fn start_port_mapper(&self) -> Result<Process> {
        let mut command = self.node.port_mapper();
        let process = Process::spawn(&mut command, &self.instance.log())
            .context("RabbitMQ: cannot start Erlang's port mapper epmd")?;
        let port = self.node.port_mapper_port();
        self.instance
            .ready(process, Duration::from_secs(30), async || {
                let connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
                connection.map(drop).map_err(|error| error.to_string())
            })
            .await?;
        Ok(process)
    }
}

/// The folder with the scripts of the newest RabbitMQ, as Debian's package installs it; version 3.10 at
/// least.
///
/// `/usr/sbin/rabbitmq-server` does not fit: as root it changes to the user `rabbitmq` and drops the
/// environment.
pub(crate) fn programs() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/rabbitmq/lib").into_iter().flatten().flatten();
    versions
        .filter_map(|entry| {
            Some((version(entry.file_name().to_str()?)?, entry.path().join("sbin")))
        })
        .filter(|(version, programs)| {
            version.as_slice() >= [3, 10].as_slice() && programs.join("rabbitmq-server").exists()
        })
        .max()
        .map(|(_, programs)| programs)
        .ok_or_else(|| {
            anyhow!("RabbitMQ 3.10 or later is not installed (Debian package rabbitmq-server)")
        })
}

/// Parses `rabbitmq_server-3.10.8` into `[3, 10, 8]`.
fn version(folder: &str) -> Option<Vec<u32>> {
    folder.strip_prefix("rabbitmq_server-")?.split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_versions_as_numbers() {
        assert!(version("rabbitmq_server-3.10.8") > version("rabbitmq_server-3.9.13"));
        assert!(version("rabbitmq_server-3.10.0").unwrap() >= [3, 10].to_vec());
        assert_eq!(version("erlang"), None);
    }
}
