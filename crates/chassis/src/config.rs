//! Reads the configuration, once before anything starts: a TOML file, overridden by the environment.
//!
//! The file is `$PRAHO_CONFIG`, else `deploy/config/<service>.toml` if it exists. `PRAHO__DATABASE__URL`
//! overrides its `database.url`, and a service may know variables of older names; lists are separated by commas; an empty
//! variable counts as unset. All faults are reported at once, key by key, and without the values: any of them may be a secret.

use std::{collections::HashMap, env, path::PathBuf};

mod faults;
mod keys;
mod limits;
mod listen;
mod load;
mod peer;
mod reload;
mod sections;
mod source;
mod value;

pub use faults::{Fault, Faults};
pub use keys::{Keys, Section};
pub use limits::Limits;
pub use listen::{Grpc, Http, InnerGrpc, Listen, Probes, Tls};
pub use peer::Peer;
pub use reload::keep_up;
pub use sections::{Amqp, Database, LogFormat, Secrets, Telemetry};
pub use source::Source;

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

/// Reads a configuration from a file, if any, and the variables of ours among `environment`.
///
/// # Errors
/// Every fault of the configuration.
pub fn load_from<C: Section>(
    file: Option<PathBuf>,
    environment: HashMap<String, String>,
) -> Result<C, Faults> {
    Source::new(file, environment, C::OLDER_NAMES).load()
}
