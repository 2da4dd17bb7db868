//! The configuration of the gateway.

use chassis::config::{Database, Http, InnerGrpc, Keys, Root, Secrets, Section, Source, Telemetry};
use egress::Egress;

use crate::settings::Settings;

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
    /// Calls to panels.
    pub virtualmin: Settings,
    /// Where all this comes from, to read it again.
    pub source: Source,
}

impl Section for Config {
    const OLDER_NAMES: &'static [(&'static str, &'static str)] =
        &[("VIRTUALMIN_", "PRAHO__VIRTUALMIN__")];

    fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            telemetry: keys.section("telemetry"),
            http: keys.section("http"),
            grpc: keys.section::<InnerGrpc>("grpc").for_callers(&CALLERS),
            database: keys.section("database"),
            secrets: keys.section("secrets"),
            egress: keys.section("egress"),
            virtualmin: keys.section("virtualmin"),
            source: keys.source(),
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
        assert_eq!(load(&[]).unwrap().virtualmin.settle_seconds, 30);
    }

    #[test]
    fn the_port_without_mutual_tls_is_refused_on_loopback_too() {
        let faults = load(&[("PRAHO__GRPC__ALLOW_PLAINTEXT", "false")]).unwrap_err();
        assert!(faults.starts_with("grpc.tls: is missing"), "{faults}");
        assert!(faults.contains("tls.client_ca") && faults.contains("allow_plaintext"), "{faults}");
    }

    #[test]
    fn operators_names_count_and_todays_names_count_more() {
        let name = ("VIRTUALMIN_API_REQUEST_TIMEOUT", "7");
        assert_eq!(load(&[name]).unwrap().virtualmin.api_request_timeout, 7);
        let today = ("PRAHO__VIRTUALMIN__API_REQUEST_TIMEOUT", "8");
        assert_eq!(load(&[name, today]).unwrap().virtualmin.api_request_timeout, 8);
    }

    #[test]
    fn no_patience_at_all_is_refused() {
        let faults = load(&[("PRAHO__VIRTUALMIN__BREAKER_FAILURES", "0")]).unwrap_err();
        assert!(faults.contains("virtualmin.breaker_failures"), "{faults}");
        let faults = load(&[("VIRTUALMIN_CONNECTION_POOL_SIZE", "11")]).unwrap_err();
        assert!(faults.contains("virtualmin.connection_pool_size: is not 1 to 10"), "{faults}");
        let faults = load(&[("VIRTUALMIN_REDIAL", "1")]).unwrap_err();
        assert!(faults.contains("virtualmin.redial"), "{faults}");
    }
}
