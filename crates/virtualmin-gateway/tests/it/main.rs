//! Tests of the gateway over gRPC, with a real database and a simulated Virtualmin.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod break_glass;
mod check_config;
mod create;
mod delete;
mod faults;
mod fences;
mod floods;
mod modify;
mod password;
mod reads;
mod rows;
mod secrecy;
mod setup;
mod standing;
mod strangers;
mod switch;
mod trust;
mod turns;
