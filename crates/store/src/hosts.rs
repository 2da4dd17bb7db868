//! Hosts: their rows, their sealed credentials for the gateway, and the pace of calls to each.

mod credentials;
mod entity;
mod faults;
pub mod pace;
pub mod servers;
