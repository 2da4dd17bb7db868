//! `dns.apply` and the DNS providers, on real PostgreSQL, RabbitMQ and PowerDNS.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod apex;
mod apply;
mod conformance;
mod failures;
mod powerdns_api;
mod secondaries;
mod service;
mod walks;
mod world;
