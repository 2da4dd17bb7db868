//! Tests of the whole system through its public interfaces, and of its crate map.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod architecture;
mod break_glass;
mod broker;
mod cli;
mod commands;
mod cycles;
mod domains;
mod drift;
mod faults;
mod grpc;
mod hard_host;
mod keys;
mod lifecycle;
mod orders;
mod outward;
mod praho;
mod readme;
mod security;
mod system;
mod telemetry;
