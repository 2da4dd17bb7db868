//! The domain model of hosting, without databases, brokers or panels.
//!
//! Everything here is a value or a pure function: no I/O, no async, no clock. Nothing in this crate
//! may depend on `tokio`, `sea-orm`, `lapin` or `tonic`.

pub mod account;
pub mod audit;
pub mod authority;
pub mod dead_letter;
pub mod dns;
pub mod domain;
pub mod domain_claim;
pub mod drift;
pub mod fault;
pub mod fence;
pub mod host_key;
pub mod ids;
pub mod job;
pub mod keys;
pub mod login;
pub mod password;
pub mod placement;
pub mod plan;
pub mod public_suffix;
pub mod quota;
pub mod role;
pub mod secret;
pub mod server;
pub mod service;
pub mod shell;
pub mod site;
pub mod tenant;
pub mod tenant_quota;
pub mod username;
mod words;
