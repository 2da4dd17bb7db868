//! The sections that several services share, with their defaults.

use std::{net::SocketAddr, path::PathBuf};

use serde::Deserialize;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::{Faults, Validate};
use crate::{Secret, seal::Keyring};

/// Where to answer HTTP: health, metrics, and what the service adds.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Address and port; port 0 takes any free one. Loopback port 8080 by default.
    pub listen: SocketAddr,
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8080)) }
    }
}

impl Validate for Http {}

/// Where to answer gRPC.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grpc {
    /// Address and port; port 0 takes any free one. Loopback port 50051 by default.
    pub listen: SocketAddr,
}

impl Default for Grpc {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 50051)) }
    }
}

impl Validate for Grpc {}

/// Another service that this one calls by gRPC.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// Where it answers: `http://host:port`, or `https`.
    pub url: Url,
}

impl Validate for Peer {
    fn validate(&self, faults: &mut Faults) {
        if !["http", "https"].contains(&self.url.scheme()) || !self.url.has_host() {
            faults.add("url", "is not http or https with a host", "write http://host:port");
        }
    }
}

/// The PostgreSQL database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `postgres://user:password@host:port/name`.
    pub url: Secret,
    /// The most connections this process opens; 10 by default.
    #[serde(default = "ten")]
    pub max_connections: u32,
    /// Whether to bring the schema up to date at the start; not by default.
    #[serde(default)]
    pub migrate: bool,
}

fn ten() -> u32 {
    10
}

impl Validate for Database {
    fn validate(&self, faults: &mut Faults) {
        check_url(&self.url, &["postgres", "postgresql"], faults);
        if self.max_connections == 0 {
            faults.add("max_connections", "is 0", "set it to 1 or more");
        }
    }
}

/// The RabbitMQ broker.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amqp {
    /// `amqp://user:password@host:port/vhost`, or `amqps`.
    pub url: Secret,
    /// Put before the name of each exchange and queue, so that tests can share a broker; empty by
    /// default.
    #[serde(default)]
    pub prefix: String,
    /// The most unacknowledged messages each consumer holds; 16 by default.
    #[serde(default = "sixteen")]
    pub prefetch: u16,
}

fn sixteen() -> u16 {
    16
}

impl Validate for Amqp {
    fn validate(&self, faults: &mut Faults) {
        check_url(&self.url, &["amqp", "amqps"], faults);
        if self.prefetch == 0 {
            faults.add("prefetch", "is 0, which means without limit", "set it to 1 or more");
        }
    }
}

/// The keys that seal secrets in the database, see [`Keyring`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Secrets {
    /// A file with one `id:base64` key a line, the first of which seals.
    pub key_file: Option<PathBuf>,
    /// The same keys separated by commas, for the environment; not read when there is a file.
    pub keys: Option<Secret>,
}

impl Validate for Secrets {
    fn validate(&self, faults: &mut Faults) {
        if let Err(problem) = Keyring::load(self) {
            let key = if self.key_file.is_some() { "key_file" } else { "keys" };
            let remedy = "each key is `id:base64` of 32 bytes, made by `openssl rand -base64 32`";
            faults.add(key, problem.to_string(), remedy);
        }
    }
}

/// How to log and trace.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// How a log line looks; JSON by default.
    pub format: LogFormat,
    /// Which events are logged, as `tracing_subscriber::EnvFilter` reads it; `info` by default.
    pub filter: String,
    /// The OTLP/gRPC collector that gets the traces, as in `http://localhost:4317`; none by
    /// default.
    pub otlp_endpoint: Option<Url>,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// For the eyes of a developer.
    Human,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { format: LogFormat::Json, filter: "info".to_owned(), otlp_endpoint: None }
    }
}

impl Validate for Telemetry {
    fn validate(&self, faults: &mut Faults) {
        if EnvFilter::builder().parse(&self.filter).is_err() {
            let remedy = "write it like `info` or `warn,messaging=debug`";
            faults.add("filter", "is not a list of directives", remedy);
        }
        if let Some(url) = &self.otlp_endpoint {
            if !["http", "https"].contains(&url.scheme()) {
                faults.add("otlp_endpoint", "is not http or https", "write http://host:4317");
            }
            if url.password().is_some() {
                let remedy = "leave it out: this value is logged";
                faults.add("otlp_endpoint", "holds a password", remedy);
            }
        }
    }
}

/// Checks a URL with a password in it, without ever showing it.
fn check_url(url: &Secret, schemes: &[&str], faults: &mut Faults) {
    let remedy = format!("write {}://user:password@host:port/name", schemes[0]);
    match Url::parse(url.expose()) {
        Err(error) => faults.add("url", format!("is not a URL: {error}"), remedy),
        Ok(url) if !schemes.contains(&url.scheme()) => {
            faults.add(
                "url",
                format!("does not begin with {}://", schemes.join(":// or ")),
                remedy,
            );
        }
        Ok(url) if url.host_str().is_none_or(str::is_empty) => {
            faults.add("url", "names no host", remedy);
        }
        Ok(_) => {}
    }
}
