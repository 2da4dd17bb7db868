//! `dns.apply` on real PostgreSQL, RabbitMQ and PowerDNS.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod apply;
mod service;
mod trouble;
mod walks;
mod world;
