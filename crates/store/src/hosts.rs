//! Hosts: their rows, their sealed credentials for the gateway, the pace of calls to each, and the fence around them.

mod credentials;
mod entity;
mod faults;
mod fences;
pub mod pace;
pub mod servers;
mod shells;
pub mod strangers;
