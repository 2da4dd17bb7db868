//! Runs the whole API in this process, against a real PostgreSQL and a real RabbitMQ.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod accounts;
mod activation;
mod asyncapi;
mod audit;
mod auth;
mod changes;
mod commands;
mod contract;
mod crowd;
mod dead_letters;
mod deletions;
mod domains;
mod drift;
mod grpc;
mod idempotency;
mod jobs;
mod keys;
mod log;
mod names;
mod openapi;
mod page;
mod passwords;
mod plan_changes;
mod plans;
mod protocol;
mod publishers;
mod quotas;
mod retention;
mod rights;
mod secrets;
mod servers;
mod services;
mod shells;
mod strangers;
mod tenants;
mod watching;
mod world;
