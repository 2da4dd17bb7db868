//! The configuration of the API.

use chassis::{
    Secret,
    config::{Amqp, Database, Faults, Grpc, Http, Root, Secrets, Telemetry, Validate},
};
use serde::Deserialize;

use crate::validation;

/// The whole configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How to log and trace.
    #[serde(default)]
    pub telemetry: Telemetry,
    /// Where REST, health and metrics are answered.
    #[serde(default)]
    pub http: Http,
    /// Where gRPC is answered.
    #[serde(default)]
    pub grpc: Grpc,
    /// The database, whose schema this service brings up to date.
    pub database: Database,
    /// The broker.
    pub amqp: Amqp,
    /// The keys that seal what must not be read.
    #[serde(default)]
    pub secrets: Secrets,
    /// How many calls a token may make.
    #[serde(default)]
    pub rate_limit: RateLimit,
    /// The first tenant and its token, made at the start if they are not there.
    pub bootstrap: Option<Bootstrap>,
}

/// How many calls of gRPC and REST together each token may make of one process.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimit {
    /// Calls in a window; 2000 by default.
    pub requests: u32,
    /// Seconds of a window; 10 by default.
    pub window_seconds: u32,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { requests: 2000, window_seconds: 10 }
    }
}

impl Validate for RateLimit {
    fn validate(&self, faults: &mut Faults) {
        if self.requests == 0 {
            faults.add("requests", "is 0, which lets nobody in", "write 1 or more");
        }
        if !(1..=3600).contains(&self.window_seconds) {
            faults.add(
                "window_seconds",
                "is not 1 to 3600",
                "write 10, and more or fewer requests",
            );
        }
    }
}

/// The tenant that looks after the platform.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bootstrap {
    /// Its name: 1 to 63 characters of a-z, 0-9 and hyphen.
    pub tenant: String,
    /// Its API token: at least 32 characters, as random as `openssl rand -base64 32` makes them.
    pub token: Secret,
}

/// Characters of a token; with fewer it could be guessed.
const TOKEN_LENGTH: std::ops::RangeInclusive<usize> = 32..=512;

impl Validate for Bootstrap {
    fn validate(&self, faults: &mut Faults) {
        if let Err(remedy) = validation::name(&self.tenant) {
            faults.add("tenant", "is not a name", remedy);
        }
        let token = self.token.expose();
        if !TOKEN_LENGTH.contains(&token.len()) || !token.bytes().all(|it| it.is_ascii_graphic()) {
            let remedy = "write `praho_` and what `openssl rand -base64 32` prints";
            faults.add("token", "is not 32 to 512 visible ASCII characters", remedy);
        }
    }
}

impl Validate for Config {
    fn validate(&self, faults: &mut Faults) {
        faults.section("telemetry", &self.telemetry);
        faults.section("http", &self.http);
        faults.section("grpc", &self.grpc);
        faults.section("database", &self.database);
        faults.section("amqp", &self.amqp);
        faults.section("secrets", &self.secrets);
        faults.section("rate_limit", &self.rate_limit);
        if let Some(bootstrap) = &self.bootstrap {
            faults.section("bootstrap", bootstrap);
        }
    }
}

impl Root for Config {
    fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }
}
