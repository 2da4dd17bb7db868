//! Tests of the store on a real PostgreSQL: stored values, and the database's own refusals.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod accounts;
mod audit;
mod backlog;
mod batches;
mod budget;
mod bursts;
mod dead_letters;
mod deletions;
mod dns;
mod domains;
mod drift;
mod fairness;
mod fences;
mod held;
mod idempotency;
mod jobs;
mod lists;
mod names;
mod notifications;
mod outbox;
mod pace;
mod passwords;
mod world;

mod redrive;
mod resources;
mod retention;
mod rights;
mod schema;
mod servers;
mod services;
mod shells;
mod strangers;
mod sweeps;
mod tenant_quotas;
mod tenants;
mod tls;
mod transitions;
mod unique;
