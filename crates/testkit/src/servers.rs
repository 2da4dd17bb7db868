//! The three servers together, for the developer's stack or shared by all tests.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::future::OptionFuture;
use url::Url;

use crate::authority::Authority;
use crate::environment;
use crate::postgres::{Durability, Postgres};
use crate::powerdns::PowerDns;
use crate::rabbitmq::RabbitMq;

const REMEDY: &str = "run: cargo xtask servers";

/// The addresses and secrets of the servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Servers {
    /// The URL of PostgreSQL's database `postgres`, as superuser.
    pub database_url: String,
    /// The URL of RabbitMQ's virtual host `/`, as administrator.
    pub amqp_url: String,
    /// The same by TLS, with the CA to trust. Only servers that were started with an authority have it, and their
    /// PostgreSQL takes TLS too.
    pub amqps_url: Option<String>,
    /// The URL of RabbitMQ's management API, with user and password and without a path.
    pub management_url: String,
    /// The URL of the PowerDNS API, without a path.
    pub powerdns_url: String,
    /// The key of the PowerDNS API.
    pub powerdns_api_key: String,
    /// The address of PowerDNS for DNS queries: `127.0.0.1:PORT`.
    pub dns_addr: String,
}

/// The directory of the shared test servers: `praho-test` in cargo's target directory.
///
/// # Panics
/// Never: the workspace is always two folders above this crate.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells where its target directory is by the environment"
)]
pub fn directory() -> PathBuf {
    let workspace =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("crates/testkit");
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    workspace.join(target).join("praho-test")
}

impl Servers {
    /// Starts all three below `directory` at the same time. Running servers are left alone.
    ///
    /// # Errors
    /// If one of them does not start; the others keep running.
    pub async fn start(directory: &Path, durability: Durability) -> Result<Self> {
        let [postgres, rabbitmq, powerdns] = folders(directory);
        let (postgres, rabbitmq, powerdns) = tokio::join!(
            Postgres::start(&postgres, durability),
            RabbitMq::start(&rabbitmq),
            PowerDns::start(&powerdns),
        );
        Ok(Self::of(&postgres?, &rabbitmq?, &powerdns?))
    }

    /// The same, and PostgreSQL and RabbitMQ also take TLS, under certificates of this authority.
    ///
    /// # Errors
    /// If one of them does not start; the others keep running.
    pub async fn start_with_tls(
        directory: &Path,
        durability: Durability,
        authority: &Authority,
    ) -> Result<Self> {
        let [postgres, rabbitmq, powerdns] = folders(directory);
        let database = async {
            let server = Postgres::start(&postgres, durability).await?;
            server.offer_tls(&authority.issue("postgres")?).await?;
            anyhow::Ok(server)
        };
        let (postgres, rabbitmq, powerdns) = tokio::join!(
            database,
            RabbitMq::start_with_tls(&rabbitmq, authority),
            PowerDns::start(&powerdns),
        );
        Ok(Self::of(&postgres?, &rabbitmq?, &powerdns?))
    }

    /// The servers below `directory`, if all three are running.
    #[must_use]
    pub fn attach(directory: &Path) -> Option<Self> {
        let [postgres, rabbitmq, powerdns] = folders(directory);
        Some(Self::of(
            &Postgres::attach(&postgres)?,
            &RabbitMq::attach(&rabbitmq)?,
            &PowerDns::attach(&powerdns)?,
        ))
    }

    /// Stops the running servers below `directory` and returns their names. Their data stay.
    pub async fn stop(directory: &Path) -> Vec<&'static str> {
        let [postgres, rabbitmq, powerdns] = folders(directory);
        let (postgres, rabbitmq, powerdns) =
            (Postgres::attach(&postgres), RabbitMq::attach(&rabbitmq), PowerDns::attach(&powerdns));
        let running = [
            postgres.is_some().then_some("PostgreSQL"),
            rabbitmq.is_some().then_some("RabbitMQ"),
            powerdns.is_some().then_some("PowerDNS"),
        ];
        tokio::join!(
            OptionFuture::from(postgres.as_ref().map(Postgres::stop)),
            OptionFuture::from(rabbitmq.as_ref().map(RabbitMq::stop)),
            OptionFuture::from(powerdns.as_ref().map(PowerDns::stop)),
        );
        running.into_iter().flatten().collect()
    }

    /// The shared test servers, from the file that [`Servers::write`] has written.
    ///
    /// # Panics
    /// If the servers do not answer; the message says how to start them.
    #[must_use]
    pub fn running() -> Self {
        match Self::read(&environment_file()) {
            Ok(servers) => servers,
            Err(error) => panic!("the test servers do not answer: {error:#}; {REMEDY}"),
        }
    }

    /// Writes the file that [`Servers::running`] reads.
    pub fn write(&self) -> Result<()> {
        let path = environment_file();
        environment::write(
            &path,
            &[
                ("PRAHO_TEST_DATABASE_URL", self.database_url.clone()),
                ("PRAHO_TEST_AMQP_URL", self.amqp_url.clone()),
                ("PRAHO_TEST_MANAGEMENT_URL", self.management_url.clone()),
                ("PRAHO_TEST_POWERDNS_URL", self.powerdns_url.clone()),
                ("PRAHO_TEST_POWERDNS_API_KEY", self.powerdns_api_key.clone()),
                ("PRAHO_TEST_DNS_ADDR", self.dns_addr.clone()),
            ],
        )
        .with_context(|| format!("cannot write {}", path.display()))
    }

    fn of(postgres: &Postgres, rabbitmq: &RabbitMq, powerdns: &PowerDns) -> Self {
        Self {
            database_url: postgres.admin_url(),
            amqp_url: rabbitmq.url(),
            amqps_url: rabbitmq.tls_url(),
            management_url: rabbitmq.management_url(),
            powerdns_url: powerdns.api_url(),
            powerdns_api_key: powerdns.api_key().to_owned(),
            dns_addr: powerdns.dns_addr(),
        }
    }

    fn read(path: &Path) -> Result<Self> {
        let mut variables =
            environment::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut take = |name: &str| {
            let name = format!("PRAHO_TEST_{name}");
            variables.remove(&name).with_context(|| format!("{} lacks {name}", path.display()))
        };
        let servers = Self {
            database_url: take("DATABASE_URL")?,
            amqp_url: take("AMQP_URL")?,
            amqps_url: None,
            management_url: take("MANAGEMENT_URL")?,
            powerdns_url: take("POWERDNS_URL")?,
            powerdns_api_key: take("POWERDNS_API_KEY")?,
            dns_addr: take("DNS_ADDR")?,
        };
        for url in [&servers.database_url, &servers.amqp_url, &servers.powerdns_url] {
            answers(url)?;
        }
        Ok(servers)
    }
}

/// The environment file of the shared test servers; `PRAHO_TEST_ENV` may name another file.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no other way to be told about servers elsewhere"
)]
fn environment_file() -> PathBuf {
    std::env::var("PRAHO_TEST_ENV").map_or_else(|_| directory().join("env"), PathBuf::from)
}

fn folders(directory: &Path) -> [PathBuf; 3] {
    ["postgres", "rabbitmq", "powerdns"].map(|name| directory.join(name))
}

/// Checks that a server accepts connections at the host and port of `url`.
fn answers(url: &str) -> Result<()> {
    let url = Url::parse(url).context("not a URL")?;
    let (scheme, port) = (url.scheme(), url.port().unwrap_or_default());
    let addresses = url.socket_addrs(|| None).context("not an address")?;
    let connects =
        |address: &SocketAddr| TcpStream::connect_timeout(address, Duration::from_secs(5)).is_ok();
    if !addresses.iter().any(connects) {
        bail!("nothing listens for {scheme} on port {port}");
    }
    Ok(())
}

/// Deletes the data of the test servers below `directory`. The servers must not run.
pub fn forget(directory: &Path) -> Result<()> {
    for folder in folders(directory).iter().filter(|folder| folder.exists()) {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}
