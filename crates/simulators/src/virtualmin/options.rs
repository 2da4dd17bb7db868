//! The settings of a simulated server.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Settings of a [`Simulator`](super::Simulator). The defaults suit tests: any free port, no files, and no delay
/// after a wrong password.
#[derive(Clone)]
pub struct Options {
    /// The address to listen on; port 0 is any free one.
    pub listen: SocketAddr,
    /// The directory for the state and the certificate across restarts; without it both are new each time.
    pub state_directory: Option<PathBuf>,
    /// Where the websites of its virtual servers answer; without it they do not.
    pub sites: Option<SiteAddresses>,
    /// The user who may run programs.
    pub username: String,
    /// That user's password.
    pub password: String,
    /// The name and password of a second user, who may run no program.
    pub restricted: Option<(String, String)>,
    /// The host name that `info` reports.
    pub hostname: String,
    /// The delay of the n-th wrong password is n times this (Webmin: 1 s).
    pub wrong_password_delay: Duration,
    /// How long an address is blocked after the fifth wrong password in a row (Webmin: 60 s).
    pub block_for: Duration,
    /// The most connections from one address (Webmin: 25); further ones are reset.
    pub connections_per_address: usize,
    /// The time that a client has for the handshake and its request.
    pub read_timeout: Duration,
    /// The duration of each program, unless [`set_latency`](super::Simulator::set_latency) changes it.
    pub latency: Duration,
}

/// Where websites answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SiteAddresses {
    /// The address of HTTP.
    pub http: SocketAddr,
    /// The address of HTTPS.
    pub https: SocketAddr,
}

impl SiteAddresses {
    /// An address with a port for each.
    #[must_use]
    pub fn new(ip: IpAddr, http_port: u16, https_port: u16) -> Self {
        Self { http: (ip, http_port).into(), https: (ip, https_port).into() }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            state_directory: None,
            sites: None,
            username: "praho".into(),
            password: "simulated-password".into(),
            restricted: None,
            hostname: "simulated.test".into(),
            wrong_password_delay: Duration::ZERO,
            block_for: Duration::from_secs(60),
            connections_per_address: 25,
            read_timeout: Duration::from_secs(30),
            latency: Duration::ZERO,
        }
    }
}
