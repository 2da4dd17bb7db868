//! The sections of a configuration that every service with a database and a broker has.

use chassis::config::{Amqp, Database, Http, Keys, Section, Telemetry};

/// What [`Service`](crate::Service) needs, and how to log. Its sections stand beside those of the service itself.
#[derive(Clone, Debug)]
pub struct Config {
    /// Health and metrics.
    pub http: Http,
    /// The database with rows and jobs.
    pub database: Database,
    /// The broker of wake-ups and events.
    pub amqp: Amqp,
    /// How to log and trace.
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
