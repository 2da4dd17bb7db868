//! Tests of the gateway over gRPC, with a real database and a simulated Virtualmin.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod aliases;
mod check_config;
mod create;
mod databases;
mod delete;
mod faults;
mod features;
mod fences;
mod floods;
mod login_link;
mod modify;
mod parts;
mod password;
mod php;
mod reads;
mod redirects;
mod rename;
mod rows;
mod secrecy;
mod settings;
mod setup;
mod standing;
mod strangers;
mod switch;
mod trust;
mod turns;
