//! Tests of the keys of services, on a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod rings;
mod rotation;
mod sealed_by;
mod start;
mod world;
