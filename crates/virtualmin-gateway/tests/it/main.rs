//! Tests of the gateway over gRPC, with a real database and a simulated Virtualmin.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod backups;
mod certificates;
mod check_config;
mod create;
mod delete;
mod dns;
mod faults;
mod fences;
mod floods;
mod modify;
mod password;
mod plans;
mod reads;
mod rows;
mod secrecy;
mod setup;
mod standing;
mod status;
mod strangers;
mod switch;
mod trust;
mod turns;
