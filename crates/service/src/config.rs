//! The configuration sections of every service with a database and a broker.

use chassis::config::{Amqp, Database, Http, Keys, Section, Telemetry};

/// The sections of [`Service`](crate::Service) and of telemetry. They stand beside the service's own
/// sections.
#[derive(Clone, Debug)]
pub struct Config {
    /// The HTTP server for health and metrics.
    pub http: Http,
    /// The database with rows and jobs.
    pub database: Database,
    /// The broker of wake-ups and events.
    pub amqp: Amqp,
    /// Logs and traces.
    pub telemetry: Telemetry,
}

impl Section for Config {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            http: keys.section("http"),
            database: keys.section("database"),
            amqp: keys.section("amqp"),
            telemetry: keys.section("telemetry"),
        }
    }
}
