//! The bounds of a listener: how many connections, of whom, and for how long.

use std::time::Duration;

use ipnet::IpNet;

use super::{Keys, Section};

/// The bounds of one listener.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections in all; 4096 by default.
    pub connections: usize,
    /// Connections of one address (of one network of 64 bits with IPv6); 256 by default.
    pub connections_per_address: usize,
    /// Networks whose hosts may take all connections, because they stand for many: the proxies before this service. None
    /// by default.
    pub proxies: Vec<IpNet>,
    /// Seconds from the connection to the head of its first request, with the TLS handshake; 10 by default.
    pub first_request_seconds: u32,
    /// Seconds that an HTTP/1 connection may take for each further head, or stay idle; 30 by default.
    pub idle_seconds: u32,
    /// Requests that one HTTP/2 connection may have open; 128 by default.
    pub streams: u32,
    /// Seconds after which a connection takes no further request, so that new certificates and new replicas come to be
    /// used; 3600 by default. What is under way ends by itself.
    pub age_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            connections_per_address: 256,
            proxies: Vec::new(),
            first_request_seconds: 10,
            idle_seconds: 30,
            streams: 128,
            age_seconds: 3600,
        }
    }
}

impl Limits {
    pub(crate) fn first_request(&self) -> Duration {
        Duration::from_secs(self.first_request_seconds.into())
    }

    pub(crate) fn idle(&self) -> Duration {
        Duration::from_secs(self.idle_seconds.into())
    }

    pub(crate) fn age(&self) -> Duration {
        Duration::from_secs(self.age_seconds.into())
    }
}

impl Section for Limits {
    fn read(keys: &mut Keys<'_>) -> Self {
        let default = Self::default();
        Self {
            connections: keys.number("connections", default.connections, 1..=1_000_000),
            connections_per_address: keys.number(
                "connections_per_address",
                default.connections_per_address,
                1..=1_000_000,
            ),
            proxies: keys.networks("proxies"),
            first_request_seconds: keys.number(
                "first_request_seconds",
                default.first_request_seconds,
                1..=300,
            ),
            idle_seconds: keys.number("idle_seconds", default.idle_seconds, 1..=3600),
            streams: keys.number("streams", default.streams, 1..=10_000),
            age_seconds: keys.number("age_seconds", default.age_seconds, 1..=86_400),
        }
    }
}
