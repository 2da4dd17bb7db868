//! Tests of the gateway over gRPC, with a real database and a simulated Virtualmin.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod aliases;
mod backups;
mod break_glass;
mod caches;
mod certificates;
mod check_config;
mod create;
mod databases;
mod delete;
mod dns;
mod faults;
mod features;
mod fences;
mod floods;
mod login_link;
mod modify;
mod parts;
mod password;
mod php;
mod plans;
mod reads;
mod redirects;
mod rename;
mod rows;
mod secrecy;
mod settings;
mod setup;
mod standing;
mod status;
mod strangers;
mod switch;
mod trust;
mod turns;
