//! Starts, stops, kills and re-attaches private servers.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod postgres;
mod powerdns;
mod rabbitmq;
