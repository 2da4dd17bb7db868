//! The configuration of the gateway.

use std::time::Duration;

use chassis::config::{Database, Http, InnerGrpc, Keys, Root, Secrets, Section, Telemetry};
use egress::Egress;

use crate::{panel::client::Patience, standing::Pauses};

/// The services that call the gateway, by the URIs in their certificates.
const CALLERS: [&str; 2] =
    ["spiffe://praho/provisioning-worker", "spiffe://praho/drift-reconciler"];

/// The gateway's configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Logs and traces.
    pub telemetry: Telemetry,
    /// The address for health checks and metrics.
    pub http: Http,
    /// The gateway's gRPC service, and who may call it.
    pub grpc: InnerGrpc,
    /// The database with the servers, their credentials and leases.
    pub database: Database,
    /// The keys that open credentials.
    pub secrets: Secrets,
    /// The addresses that panels may have.
    pub egress: Egress,
    /// Timeouts and pauses towards panels.
    pub panel: Panel,
}

/// Timeouts and pauses towards panels, all in whole seconds except where the name says otherwise.
#[derive(Clone, Debug)]
pub struct Panel {
    /// How long a connection may take to open; 10 by default.
    pub connect_timeout_seconds: u64,
    /// How long a call may take if its caller's own deadline is not shorter; 300 by default.
    pub call_timeout_seconds: u64,
    /// How long a server takes no other change after one of unknown outcome, because the panel works on in
    /// the background; 30 by default.
    pub settle_seconds: u64,
    /// After this many calls in a row without an answer a server is out of service; 5 by default.
    pub breaker_failures: u32,
    /// The pause between two tries of such a server; 30 by default.
    pub breaker_pause_seconds: u64,
    /// The pause between two tries of a server that somebody has to mend, such as one that refuses our credentials; 300
    /// by default. Webmin blocks an address for a minute after five wrong passwords.
    pub fault_pause_seconds: u64,
}

impl Default for Panel {
    fn default() -> Self {
        Self {
            connect_timeout_seconds: 10,
            call_timeout_seconds: 300,
            settle_seconds: 30,
            breaker_failures: 5,
            breaker_pause_seconds: 30,
            fault_pause_seconds: 300,
        }
    }
}

impl Panel {
    /// The settings of single calls.
    pub(crate) fn patience(&self) -> Patience {
        Patience {
            connect_timeout: Duration::from_secs(self.connect_timeout_seconds),
            breaker_failures: self.breaker_failures,
        }
    }

    /// The pauses between tries of servers that are out of service.
    pub(crate) fn pauses(&self) -> Pauses {
        Pauses {
            silence: Duration::from_secs(self.breaker_pause_seconds),
            refusal: Duration::from_secs(self.fault_pause_seconds),
        }
    }
}

impl Section for Panel {
    fn read(keys: &mut Keys<'_>) -> Self {
        let default = Self::default();
        let mut seconds = |key, default| keys.number(key, default, 1..=3600);
        let panel = Self {
            connect_timeout_seconds: seconds(
                "connect_timeout_seconds",
                default.connect_timeout_seconds,
            ),
            call_timeout_seconds: seconds("call_timeout_seconds", default.call_timeout_seconds),
            breaker_pause_seconds: seconds("breaker_pause_seconds", default.breaker_pause_seconds),
            fault_pause_seconds: seconds("fault_pause_seconds", default.fault_pause_seconds),
            settle_seconds: keys.number("settle_seconds", default.settle_seconds, 0..=3600),
            breaker_failures: keys.or("breaker_failures", default.breaker_failures),
        };
        if panel.breaker_failures == 0 {
            keys.refuse("breaker_failures", "is 0", "set it to 1 or more");
        }
        panel
    }
}

impl Section for Config {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            telemetry: keys.section("telemetry"),
            http: keys.section("http"),
            grpc: keys.section::<InnerGrpc>("grpc").for_callers(&CALLERS),
            database: keys.section("database"),
            secrets: keys.section("secrets"),
            egress: keys.section("egress"),
            panel: keys.section("panel"),
        }
    }
}

impl Root for Config {
    fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn load(more: &[(&str, &str)]) -> Result<Config, String> {
        let key = format!("k1:{}=", "A".repeat(43));
        let url = "postgres://u:p@127.0.0.1:1/db".to_owned();
        let mut variables = HashMap::from([
            ("PRAHO__DATABASE__URL".to_owned(), url),
            ("PRAHO__SECRETS__KEYS".to_owned(), key),
            ("PRAHO__GRPC__ALLOW_PLAINTEXT".to_owned(), "true".to_owned()),
        ]);
        variables.extend(more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        chassis::config::load_from(None, variables).map_err(|faults| faults.to_string())
    }

    #[test]
    fn a_database_and_a_key_are_enough() {
        assert_eq!(load(&[]).unwrap().panel.settle_seconds, 30);
    }

    #[test]
    fn the_port_without_mutual_tls_is_refused_on_loopback_too() {
        let faults = load(&[("PRAHO__GRPC__ALLOW_PLAINTEXT", "false")]).unwrap_err();
        assert!(faults.starts_with("grpc.tls: is missing"), "{faults}");
        assert!(faults.contains("tls.client_ca") && faults.contains("allow_plaintext"), "{faults}");
    }

    #[test]
    fn no_patience_at_all_is_refused() {
        let faults = load(&[("PRAHO__PANEL__BREAKER_FAILURES", "0")]).unwrap_err();
        assert!(faults.contains("panel.breaker_failures"), "{faults}");
        let faults = load(&[("PRAHO__PANEL__CALL_TIMEOUT_SECONDS", "0")]).unwrap_err();
        assert!(faults.contains("panel.call_timeout_seconds"), "{faults}");
    }
}
