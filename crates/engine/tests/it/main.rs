//! The engine on real PostgreSQL and RabbitMQ, with workflows whose outside world is a list.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod children;
mod faults;
mod outages;
mod queues;
mod world;
