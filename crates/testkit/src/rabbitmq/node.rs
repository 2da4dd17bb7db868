//! The set-up of one RabbitMQ node that shares nothing with other nodes of the machine.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::authority::{Authority, Issued};
use crate::environment::write_private;
use crate::ports::free_port;
use crate::random::{password, unique};

const USER: &str = "praho";

/// The values that must stay the same over a restart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Node {
    name: String,
    password: String,
    cookie: String,
    ports: Ports,
    #[serde(default)]
    tls: Option<Tls>,
}

/// A port that takes TLS alone.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Tls {
    port: u16,
    ca: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Ports {
    amqp: u16,
    management: u16,
    distribution: u16,
    port_mapper: u16,
}

impl Ports {
    fn free() -> Self {
        Self {
            amqp: free_port(),
            management: free_port(),
            distribution: free_port(),
            port_mapper: free_port(),
        }
    }
}

impl Node {
    pub(super) fn new() -> Self {
        // The data directory contains the node's name, so the name must last as long as the data.
        let name = format!("{}@localhost", unique("praho"));
        Self { name, password: password(), cookie: password(), ports: Ports::free(), tls: None }
    }

    pub(super) fn with_other_ports(self) -> Self {
        let tls = self.tls.map(|tls| Tls { port: free_port(), ..tls });
        Self { ports: Ports::free(), tls, ..self }
    }

    /// The same node with a port that takes TLS alone, under a certificate of this authority.
    pub(super) fn with_tls(self, authority: &Authority) -> Result<Self> {
        let Issued { certificate, key } = authority.issue("rabbitmq")?;
        let tls = Tls { port: free_port(), ca: authority.ca_file(), certificate, key };
        Ok(Self { tls: Some(tls), ..self })
    }

    /// The URL of the port that takes TLS alone, if there is one.
    pub(super) fn amqps_url(&self) -> Option<String> {
        let Tls { port, ca, .. } = self.tls.as_ref()?;
        let ca = ca.display();
        Some(format!("amqps://{USER}:{}@127.0.0.1:{port}/%2f?cacertfile={ca}", self.password))
    }

    pub(super) fn port(&self) -> u16 {
        self.ports.amqp
    }

    pub(super) fn port_mapper_port(&self) -> u16 {
        self.ports.port_mapper
    }

    pub(super) fn amqp_url(&self) -> String {
        format!("amqp://{USER}:{}@127.0.0.1:{}/%2f", self.password, self.ports.amqp)
    }

    pub(super) fn management_url(&self) -> String {
        format!("http://{USER}:{}@127.0.0.1:{}", self.password, self.ports.management)
    }

    /// The folder of the broker's whole state.
    pub(super) fn data(&self, directory: &Path) -> PathBuf {
        directory.join("data")
    }

    /// The file with the broker's pid. The broker is a child of the script that starts it.
    pub(super) fn pid_file(&self, directory: &Path) -> PathBuf {
        directory.join("pid")
    }

    /// Writes the configuration files and the cookie.
    ///
    /// The settings are those of <https://www.rabbitmq.com/docs/configure>.
    pub(super) fn configure(&self, directory: &Path) -> Result<()> {
        let home = home(directory);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&home)?;
        let cookie = home.join(".erlang.cookie");
        write_private(&cookie, &self.cookie)?;
        fs::set_permissions(&cookie, fs::Permissions::from_mode(0o400))?;

        let Ports { amqp, management, .. } = self.ports;
        let password = &self.password;
        let tls = self.tls.as_ref().map(Tls::settings).unwrap_or_default();
        write_private(
            &directory.join("rabbitmq.conf"),
            &format!(
                "listeners.tcp.1 = 127.0.0.1:{amqp}
management.tcp.ip = 127.0.0.1
management.tcp.port = {management}
default_user = {USER}
default_pass = {password}
disk_free_limit.absolute = 200MB
vm_memory_high_watermark.absolute = 512MiB
collect_statistics_interval = 500
log.console = true
log.console.level = info
log.file = false
{tls}"
            ),
        )?;
        fs::write(
            directory.join("advanced.config"),
            "[{rabbit, [{quorum_tick_interval, 500}]}].\n",
        )?;
        fs::write(directory.join("enabled_plugins"), "[rabbitmq_management].\n")?;
        Ok(())
    }

    /// Erlang's port mapper for this node alone, in the foreground. The node would otherwise start one as a
    /// daemon that no code stops.
    pub(super) fn port_mapper(&self) -> Command {
        let mut command = Command::new("epmd");
        command.args(["-address", "127.0.0.1", "-port", &self.ports.port_mapper.to_string()]);
        command.current_dir("/");
        command
    }

    /// The broker, with an environment in which every path and port is its own.
    pub(super) fn broker(&self, directory: &Path, programs: &Path) -> Command {
        let Ports { amqp, distribution, port_mapper, .. } = self.ports;
        let below = |name: &str| directory.join(name);
        let mut command = Command::new(programs.join("rabbitmq-server"));
        command
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LANG", "C.UTF-8")
            .env("HOME", home(directory))
            .env("ERL_EPMD_PORT", port_mapper.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
            .env("RABBITMQ_NODENAME", &self.name)
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", amqp.to_string())
            .env("RABBITMQ_DIST_PORT", distribution.to_string())
            .env("RABBITMQ_MNESIA_BASE", self.data(directory))
            .env("RABBITMQ_LOG_BASE", below("logs"))
            .env("RABBITMQ_PID_FILE", self.pid_file(directory))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", below("enabled_plugins"))
            .env("RABBITMQ_CONFIG_FILE", below("rabbitmq"))
            .env("RABBITMQ_ADVANCED_CONFIG_FILE", below("advanced.config"))
            .env("RABBITMQ_GENERATED_CONFIG_DIR", below("generated"))
            .env("RABBITMQ_SCHEMA_DIR", below("schema"))
            .env(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                "-kernel inet_dist_use_interface {127,0,0,1}",
            )
            .current_dir(directory);
        command
    }
}

impl Tls {
    /// The lines of the configuration.
    fn settings(&self) -> String {
        let Self { port, ca, certificate, key } = self;
        format!(
            "listeners.ssl.1 = 127.0.0.1:{port}
ssl_options.cacertfile = {}
ssl_options.certfile = {}
ssl_options.keyfile = {}
ssl_options.verify = verify_none
",
            ca.display(),
            certificate.display(),
            key.display()
        )
    }
}

fn home(directory: &Path) -> PathBuf {
    directory.join("home")
}
