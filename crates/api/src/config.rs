//! The configuration of the API.

use std::collections::BTreeSet;

use chassis::{
    ExposeSecret, SecretString,
    config::{Amqp, Database, Grpc, Http, Keys, Probes, Root, Secrets, Section, Telemetry},
};
use model::{domain::DomainName, public_suffix::PublicSuffixes};

use crate::{retention::Retention, validation};

/// The whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Logs and traces.
    pub telemetry: Telemetry,
    /// The listener for REST.
    pub http: Http,
    /// The listener for gRPC.
    pub grpc: Grpc,
    /// The listener for health and metrics.
    pub health: Probes,
    /// The database. This service also migrates its schema.
    pub database: Database,
    /// The RabbitMQ broker.
    pub amqp: Amqp,
    /// The keys that seal secrets.
    pub secrets: Secrets,
    /// The number of calls that a token may make.
    pub rate_limit: RateLimit,
    /// How long finished jobs are kept.
    pub retention: Retention,
    /// The domains that no service may have.
    pub domains: Domains,
    /// The first tenant and its token, made at the start if they are missing.
    pub bootstrap: Option<Bootstrap>,
}

/// The number of gRPC and REST calls together that each token may make to one process.
#[derive(Clone, Debug)]
pub struct RateLimit {
    /// Calls in one window; 2000 by default.
    pub requests: u32,
    /// Length of a window in seconds; 10 by default.
    pub window_seconds: u32,
}

impl Section for RateLimit {
    fn read(keys: &mut Keys<'_>) -> Self {
        let requests = keys.or("requests", 2000);
        if requests == 0 {
            keys.refuse("requests", "is 0, which refuses every call", "write 1 or more");
        }
        let window_seconds = keys.number("window_seconds", 10, 1..=3600);
        Self { requests, window_seconds }
    }
}

/// The domains that no service may have.
#[derive(Clone, Debug)]
pub struct Domains {
    /// The public suffix list with the installation's exceptions. `allowed_suffixes` are suffixes that a service may
    /// have all the same; `refused_suffixes` are further ones, by default `gov.ro`, which the list does not have.
    pub suffixes: PublicSuffixes,
}

impl Section for Domains {
    fn read(keys: &mut Keys<'_>) -> Self {
        let allowed = domains(keys, "allowed_suffixes", &[]);
        let refused = domains(keys, "refused_suffixes", &["gov.ro"]);
        if !allowed.is_disjoint(&refused) {
            let what = "holds a name that is also in refused_suffixes";
            keys.refuse("allowed_suffixes", what, "remove the name from one of them");
        }
        Self { suffixes: PublicSuffixes::new(allowed, refused) }
    }
}

fn domains(keys: &mut Keys<'_>, key: &'static str, default: &[&str]) -> BTreeSet<DomainName> {
    let texts: Option<Vec<String>> = keys.optional(key);
    let texts = texts.unwrap_or_else(|| default.iter().map(|it| (*it).to_owned()).collect());
    let mut names = BTreeSet::new();
    for (text, number) in texts.iter().zip(1..) {
        match text.parse::<DomainName>() {
            Ok(name) => drop(names.insert(name)),
            Err(problem) => {
                keys.refuse(key, format!("name {number} is not a domain"), problem.to_string())
            }
        }
    }
    names
}

/// The platform's tenant.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    /// The tenant's name: 1 to 63 characters of a-z, 0-9 and hyphen.
    pub tenant: String,
    /// The tenant's API token: at least 32 characters, as random as the output of `openssl rand -base64 32`.
    pub token: SecretString,
}

/// Characters of a token; a shorter one could be guessed.
const TOKEN_LENGTH: std::ops::RangeInclusive<usize> = 32..=512;

impl Section for Bootstrap {
    fn read(keys: &mut Keys<'_>) -> Self {
        let tenant = keys.required("tenant", String::new());
        if let Err(remedy) = validation::name(&tenant) {
            keys.refuse("tenant", "is not a name", remedy);
        }
        let token = keys.required("token", SecretString::default());
        if !is_token(token.expose_secret()) {
            let remedy = "write `praho_` and what `openssl rand -base64 32` prints";
            keys.refuse("token", "is not 32 to 512 visible ASCII characters", remedy);
        }
        Self { tenant, token }
    }
}

fn is_token(token: &str) -> bool {
    TOKEN_LENGTH.contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic())
}

impl Section for Config {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            telemetry: keys.section("telemetry"),
            http: keys.section("http"),
            grpc: keys.section("grpc"),
            health: keys.section("health"),
            database: keys.section("database"),
            amqp: keys.section("amqp"),
            secrets: keys.section("secrets"),
            rate_limit: keys.section("rate_limit"),
            retention: keys.section("retention"),
            domains: keys.section("domains"),
            bootstrap: keys.optional_section("bootstrap"),
        }
    }
}

impl Root for Config {
    fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }
}
