//! Tests of messaging on a real RabbitMQ and PostgreSQL: no message is lost, and unusable ones become dead
//! letters.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod arguments;
mod blocked;
mod breaks;
mod client;
mod consuming;
mod crashes;
mod publishing;
mod rights;
mod secrets;
mod tls;
mod unroutable;
mod world;
