//! Messaging on a real RabbitMQ and PostgreSQL: nothing is lost, and what cannot be used is set aside.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod arguments;
mod blocked;
mod breaks;
mod client;
mod consuming;
mod crashes;
mod publishing;
mod secrets;
mod unroutable;
mod world;
