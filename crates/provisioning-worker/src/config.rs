//! The configuration of this service.

use chassis::config::{Keys, Peer, Root, Secrets, Section, Telemetry};
use egress::Egress;

/// The settings of this service.
#[derive(Clone, Debug)]
pub struct Config {
    /// The sections that worker, DNS manager and reconciler share: connections, health and logs.
    pub service: service::Config,
    /// The keys that seal the passwords of accounts.
    pub secrets: Secrets,
    /// The Virtualmin gateway, and the certificates for calling it.
    pub gateway: Peer,
    /// The addresses that websites may have.
    pub egress: Egress,
    /// Concurrency and leases of jobs.
    pub engine: engine::Config,
    /// Where the websites of accounts answer.
    pub site: Site,
}

/// The ports of the web servers on all hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// The port of HTTP; 80 by default.
    pub http_port: u16,
    /// The port of HTTPS; 443 by default.
    pub https_port: u16,
}

impl Section for Site {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            http_port: keys.number("http_port", 80, 1..=u16::MAX),
            https_port: keys.number("https_port", 443, 1..=u16::MAX),
        }
    }
}

impl Section for Config {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            service: service::Config::read(keys),
            secrets: keys.section("secrets"),
            gateway: keys.section("gateway"),
            egress: keys.section("egress"),
            engine: keys.section("engine"),
            site: keys.section("site"),
        }
    }
}

impl Root for Config {
    fn telemetry(&self) -> &Telemetry {
        &self.service.telemetry
    }
}
