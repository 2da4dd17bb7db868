//! The whole API in this process, against a real PostgreSQL and a real RabbitMQ.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod accounts;
mod activation;
mod auth;
mod changes;
mod commands;
mod grpc;
mod idempotency;
mod jobs;
mod plans;
mod protocol;
mod secrets;
mod servers;
mod services;
mod watching;
mod world;
