//! Private servers really started, stopped, killed and found again.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod postgres;
mod powerdns;
mod rabbitmq;
