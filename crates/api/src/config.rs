//! The configuration of the API.

use std::{collections::BTreeSet, net::SocketAddr};

use chassis::{
    ExposeSecret, SecretString,
    config::{Amqp, Database, Grpc, Keys, Probes, Root, Secrets, Section, Telemetry},
};
use egress::{Egress, Resolvers};
use model::{domain::DomainName, public_suffix::PublicSuffixes};

use crate::{
    address::{ForwardedBy, Proxies},
    audit_proof::AuditHeads,
    quotas::DefaultQuotas,
    retention::Retention,
    validation,
};

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
    /// The database.
    pub database: Database,
    /// The RabbitMQ broker.
    pub amqp: Amqp,
    /// The keys that seal secrets.
    pub secrets: Secrets,
    /// The addresses that servers, DNS servers and name servers may have; the services that connect to them judge again.
    pub egress: Egress,
    /// The number of calls that a token may make.
    pub rate_limit: RateLimit,
    /// What a tenant may have for which no other number was set.
    pub quotas: DefaultQuotas,
    /// The calls that are handled at a time.
    pub calls: Calls,
    /// How long finished jobs are kept.
    pub retention: Retention,
    /// When heads of the audit log are signed.
    pub audit: AuditHeads,
    /// Whose commands on RabbitMQ count.
    pub commands: Commands,
    /// The domains that services may have, and what proves that a tenant controls one.
    pub domains: Domains,
    /// The first tenant and its token, made at the start if they are missing.
    pub bootstrap: Option<Bootstrap>,
}

/// The listener for REST, and the proxies before it and before gRPC.
#[derive(Clone, Debug)]
pub struct Http {
    /// The listener.
    pub server: chassis::config::Http,
    /// `trusted_proxies` are networks such as `10.0.0.0/8`, whose hosts are believed when they name their client;
    /// `forwarded_by` is the header in which they do, `x-forwarded-for` (by default) or `forwarded`.
    pub proxies: Proxies,
}

impl Section for Http {
    fn read(keys: &mut Keys<'_>) -> Self {
        let server = chassis::config::Http::read(keys);
        let trusted = keys.networks("trusted_proxies");
        let header: String = keys.or("forwarded_by", "x-forwarded-for".to_owned());
        let header = match header.as_str() {
            "x-forwarded-for" => ForwardedBy::XForwardedFor,
            "forwarded" => ForwardedBy::Forwarded,
            _ => {
                let what = "is not the name of a header that is known here";
                keys.refuse("forwarded_by", what, "write x-forwarded-for or forwarded");
                ForwardedBy::default()
            }
        };
        Self { server, proxies: Proxies { trusted: trusted.into(), header } }
    }
}

/// The calls that one process handles at a time, gRPC and REST together. Of each number a tenant gets a half at most,
/// and a token a quarter.
#[derive(Clone, Copy, Debug)]
pub struct Calls {
    /// Calls under way; 256 by default. One too many is refused after a tenth of a second.
    pub at_a_time: usize,
    /// Calls whose bodies are still being read; 1024 by default, with up to 64 KiB each.
    pub unread_bodies: usize,
    /// Seconds in which a body must come; 10 by default.
    pub body_seconds: u64,
    /// Watched jobs; 1000 by default.
    pub watches: usize,
    /// Seconds after which the token of a watch is looked up again; 15 by default.
    pub watch_check_seconds: u64,
}

impl Section for Calls {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            at_a_time: keys.number("at_a_time", 256, 4..=100_000),
            unread_bodies: keys.number("unread_bodies", 1024, 4..=100_000),
            body_seconds: keys.number("body_seconds", 10, 1..=30),
            watches: keys.number("watches", 1000, 4..=100_000),
            watch_check_seconds: keys.number("watch_check_seconds", 15, 1..=3600),
        }
    }
}

/// The number of gRPC and REST calls together that each token may make to one process.
#[derive(Clone, Debug)]
pub struct RateLimit {
    /// Calls in one window; 2000 by default.
    pub requests: u32,
    /// Length of a window in seconds; 10 by default.
    pub window_seconds: u32,
    /// Calls with a wrong token in one window that each address may make; 100 by default.
    pub wrong_tokens: u32,
}

impl Section for RateLimit {
    fn read(keys: &mut Keys<'_>) -> Self {
        let requests = keys.or("requests", 2000);
        if requests == 0 {
            keys.refuse("requests", "is 0, which refuses every call", "write 1 or more");
        }
        let window_seconds = keys.number("window_seconds", 10, 1..=3600);
        let wrong_tokens = keys.number("wrong_tokens", 100, 1..=1_000_000);
        Self { requests, window_seconds, wrong_tokens }
    }
}

/// Whose commands on RabbitMQ count.
#[derive(Clone, Copy, Debug, Default)]
pub struct Commands {
    /// Whether all who may publish are trusted as the operator; `false` by default. Their commands act for the tenant of
    /// the service that they name.
    pub trust_every_publisher: bool,
}

impl Section for Commands {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self { trust_every_publisher: keys.or("trust_every_publisher", false) }
    }
}

/// The domains that services may have.
#[derive(Clone, Debug)]
pub struct Domains {
    /// The public suffix list with the installation's exceptions. `allowed_suffixes` are suffixes that a service may
    /// have all the same; `refused_suffixes` are further ones, by default `gov.ro`, which the list does not have.
    pub suffixes: PublicSuffixes,
    /// Days for which a service that was never activated holds its domain against other tenants, and for which a proof
    /// of control counts; 14 by default.
    pub hold_days: u16,
    /// The resolvers that look proofs of control up, such as `127.0.0.1:53`; those of the system by default.
    pub resolvers: Resolvers,
}

impl Section for Domains {
    fn read(keys: &mut Keys<'_>) -> Self {
        let allowed = domains(keys, "allowed_suffixes", &[]);
        let refused = domains(keys, "refused_suffixes", &["gov.ro"]);
        if !allowed.is_disjoint(&refused) {
            let what = "holds a name that is also in refused_suffixes";
            keys.refuse("allowed_suffixes", what, "remove the name from one of them");
        }
        Self {
            suffixes: PublicSuffixes::new(allowed, refused),
            hold_days: keys.number("hold_days", 14, 1..=3650),
            resolvers: resolvers(keys),
        }
    }
}

fn resolvers(keys: &mut Keys<'_>) -> Resolvers {
    let Some(texts) = keys.optional::<Vec<String>>("resolvers") else {
        return Resolvers::of_the_system();
    };
    let addresses: Result<Vec<SocketAddr>, _> = texts.iter().map(|it| it.parse()).collect();
    if texts.is_empty() || addresses.is_err() {
        let what = "is not a list of addresses with ports";
        keys.refuse("resolvers", what, "write them like 127.0.0.1:53, or leave the key out");
    }
    Resolvers::new(addresses.unwrap_or_default())
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
            egress: keys.section("egress"),
            rate_limit: keys.section("rate_limit"),
            quotas: keys.section("quotas"),
            calls: keys.section("calls"),
            retention: keys.section("retention"),
            audit: keys.section("audit"),
            commands: keys.section("commands"),
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
