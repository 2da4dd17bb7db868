//! The sections that several services share, with their defaults.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::{Keys, Section};
use crate::{
    exposure,
    seal::{Keyring, Problem},
};

/// The PostgreSQL database.
#[derive(Clone, Debug)]
pub struct Database {
    /// `postgres://user:password@host:port/name`, on another machine with `?sslmode=verify-full&sslrootcert=/path/ca.crt`.
    pub url: SecretString,
    /// The most connections that this process opens; 10 by default.
    pub max_connections: u32,
}

impl Section for Database {
    fn read(keys: &mut Keys<'_>) -> Self {
        let url = secret_url(keys, &["postgres", "postgresql"]);
        let max_connections = keys.number("max_connections", 10, 1..=10_000);
        Self { url, max_connections }
    }
}

/// The RabbitMQ broker.
#[derive(Clone, Debug)]
pub struct Amqp {
    /// `amqp://user:password@host:port/vhost`, or `amqps`, with `?cacertfile=/path/ca.crt` for a private CA.
    pub url: SecretString,
    /// A prefix of all names of exchanges and queues, so that tests can share a broker; empty by default.
    pub prefix: String,
    /// The most unacknowledged messages each consumer holds; 16 by default.
    pub prefetch: u16,
}

impl Section for Amqp {
    fn read(keys: &mut Keys<'_>) -> Self {
        let url = secret_url(keys, &["amqp", "amqps"]);
        let prefix = keys.or("prefix", String::new());
        let prefetch = keys.or("prefetch", 16);
        if prefetch == 0 {
            keys.refuse("prefetch", "is 0, which means without limit", "set it to 1 or more");
        }
        Self { url, prefix, prefetch }
    }
}

/// The keys that seal secrets in the database, see [`Keyring`].
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// A file with one `id:base64` key a line, the first of which seals.
    pub key_file: Option<PathBuf>,
    /// The same keys separated by commas, for the environment; ignored if there is a file.
    pub keys: Option<SecretString>,
    /// The ids of keys that nobody has any more. A service starts all the same while values are sealed with them, and these
    /// have to be set anew.
    pub lost_keys: Vec<String>,
}

impl Section for Secrets {
    fn read(keys: &mut Keys<'_>) -> Self {
        let secrets = Self {
            key_file: keys.optional("key_file"),
            keys: keys.optional("keys"),
            lost_keys: keys.or("lost_keys", Vec::new()),
        };
        match secrets.keyring() {
            Ok(ring) => {
                if let Some(id) = secrets.lost_keys.iter().find(|id| ring.has(id)) {
                    let what = format!("names {id}, which is among the keys");
                    keys.refuse("lost_keys", what, "remove it from one of them");
                }
            }
            Err(problem) => {
                let key = if secrets.key_file.is_some() { "key_file" } else { "keys" };
                let remedy = match &problem {
                    Problem::Exposed { .. } => {
                        "take that right away: chown root:praho and chmod 0640, or stricter"
                    }
                    _ => "each key is `id:base64` of 32 bytes, made by `openssl rand -base64 32`",
                };
                keys.refuse(key, problem.to_string(), remedy);
            }
        }
        secrets
    }
}

impl Secrets {
    /// Reads the configured keys: from the file if there is one, else from the list.
    ///
    /// # Errors
    /// [`Problem::NoKeys`], [`Problem::File`], [`Problem::Exposed`] or [`Problem::Key`].
    pub fn keyring(&self) -> Result<Keyring, Problem> {
        let ring = match (&self.key_file, &self.keys) {
            (Some(path), _) => Keyring::parse(&text(path)?),
            (None, Some(keys)) => Keyring::parse(keys),
            (None, None) => Err(Problem::NoKeys),
        }?;
        Ok(ring.with_lost(self.lost_keys.clone()))
    }
}

/// Reads a key file that other users may not read.
fn text(path: &Path) -> Result<SecretString, Problem> {
    let shown = || path.display().to_string();
    let wrong = |error: io::Error| Problem::File { path: shown(), reason: error.to_string() };
    let mut file = File::open(path).map_err(wrong)?;
    if let Some(mode) = exposure::of(&file).map_err(wrong)? {
        return Err(Problem::Exposed { path: shown(), mode });
    }
    io::read_to_string(&mut file).map(SecretString::from).map_err(wrong)
}

/// Logs and traces.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// The format of log lines; JSON by default.
    pub format: LogFormat,
    /// The events to log, in the syntax of `tracing_subscriber::EnvFilter`; `info` by default.
    pub filter: String,
    /// The OTLP/gRPC collector of the traces, as in `http://localhost:4317`; none by default.
    pub otlp_endpoint: Option<Url>,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// Text for a developer's terminal.
    Human,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { format: LogFormat::Json, filter: "info".to_owned(), otlp_endpoint: None }
    }
}

impl Section for Telemetry {
    fn read(keys: &mut Keys<'_>) -> Self {
        let default = Self::default();
        let format = keys.or("format", default.format);
        let filter = keys.or("filter", default.filter);
        if EnvFilter::builder().parse(&filter).is_err() {
            let remedy = "write it like `info` or `warn,messaging=debug`";
            keys.refuse("filter", "is not a list of directives", remedy);
        }
        let otlp_endpoint: Option<Url> = keys.optional("otlp_endpoint");
        if let Some(url) = &otlp_endpoint {
            if !["http", "https"].contains(&url.scheme()) {
                keys.refuse("otlp_endpoint", "is not http or https", "write http://host:4317");
            }
            if url.password().is_some() {
                let remedy = "leave it out: this value is logged";
                keys.refuse("otlp_endpoint", "holds a password", remedy);
            }
        }
        Self { format, filter, otlp_endpoint }
    }
}

/// Reads the key `url`, whose value contains a password and is never shown.
fn secret_url(keys: &mut Keys<'_>, schemes: &[&str]) -> SecretString {
    let url = keys.required("url", SecretString::default());
    let remedy = format!("write {}://user:password@host:port/name", schemes[0]);
    match Url::parse(url.expose_secret()) {
        Err(error) => keys.refuse("url", format!("is not a URL: {error}"), remedy),
        Ok(url) if !schemes.contains(&url.scheme()) => {
            let what = format!("does not begin with {}://", schemes.join(":// or "));
            keys.refuse("url", what, remedy);
        }
        Ok(url) if url.host_str().is_none_or(str::is_empty) => {
            keys.refuse("url", "names no host", remedy);
        }
        Ok(_) => {}
    }
    url
}
