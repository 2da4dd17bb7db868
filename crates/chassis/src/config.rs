//! Reads the configuration, once before anything starts: a TOML file, overridden by the environment.
//!
//! The file is `$PRAHO_CONFIG`, else `deploy/config/<service>.toml` if it exists. `PRAHO__DATABASE__URL`
//! overrides its `database.url`; lists are separated by commas; an empty variable counts as unset. All faults
//! are reported at once, key by key, and without the values: any of them may be a secret.

use std::{collections::HashMap, env, path::PathBuf};

use ::config::{Config, ConfigError, Environment, File, FileFormat, Map, Source, Value};

mod faults;
mod keys;
mod limits;
mod listen;
mod peer;
mod sections;
mod value;

pub use faults::{Fault, Faults};
pub use keys::{Keys, Section};
pub use limits::Limits;
pub use listen::{Grpc, Http, InnerGrpc, Listen, Probes, Tls};
pub use peer::Peer;
pub use sections::{Amqp, Database, LogFormat, Secrets, Telemetry};

/// The whole configuration of a service.
pub trait Root: Section {
    /// The section for logs and traces.
    fn telemetry(&self) -> &Telemetry;
}

/// Reads the configuration of `service` (its name without `praho-`) from this process's
/// environment.
///
/// # Errors
/// Every fault of the configuration.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn load<C: Section>(service: &str) -> Result<C, Faults> {
    let named = env::var("PRAHO_CONFIG").ok().filter(|name| !name.is_empty()).map(PathBuf::from);
    let usual = PathBuf::from(format!("deploy/config/{service}.toml"));
    let file = named.or_else(|| usual.exists().then_some(usual));
    load_from(file, env::vars().collect())
}

/// Reads a configuration from a file, if any, and the `PRAHO__` variables among `environment`.
///
/// # Errors
/// Every fault of the configuration.
pub fn load_from<C: Section>(
    file: Option<PathBuf>,
    environment: HashMap<String, String>,
) -> Result<C, Faults> {
    let mut faults = Faults::default();
    match layers(file, environment) {
        Ok(table) => {
            let config = Keys::read(String::new(), table, &mut faults);
            if faults.is_empty() { Ok(config) } else { Err(faults.sorted()) }
        }
        Err(fault) => {
            faults.push(fault);
            Err(faults)
        }
    }
}

/// The file with the environment's values over it.
fn layers(
    file: Option<PathBuf>,
    environment: HashMap<String, String>,
) -> Result<Map<String, Value>, Fault> {
    let mut builder = Config::builder();
    if let Some(path) = &file {
        builder = builder.add_source(File::from(path.as_path()).format(FileFormat::Toml));
    }
    let variables = Environment::with_prefix("PRAHO")
        .prefix_separator("__")
        .separator("__")
        .ignore_empty(true)
        .source(Some(environment));
    let tree = builder.add_source(variables).build().and_then(|config| config.collect());
    tree.map_err(|error| unreadable(file, &error))
}

/// The fault of a layer that cannot be read, without the quotation in the library's message.
fn unreadable(file: Option<PathBuf>, error: &ConfigError) -> Fault {
    let name = file.map(|path| path.display().to_string()).unwrap_or_default();
    if let ConfigError::FileParse { cause, .. } = error {
        let reason = cause.downcast_ref::<toml::de::Error>().map_or("", toml::de::Error::message);
        return Fault::new(&name, format!("is not valid TOML: {reason}"), "correct the file");
    }
    if let ConfigError::Foreign(cause) = error {
        let remedy = "PRAHO_CONFIG must name a file that this user may read";
        return Fault::new(&name, format!("cannot be read: {cause}"), remedy);
    }
    let remedy = "each must be UTF-8 and named PRAHO__SECTION__KEY";
    Fault::new("PRAHO__*", "the variables cannot be read".to_owned(), remedy)
}
