//! Hosts: what is known of each, how to log in for the gateway alone, and the pace at which each is called.

mod credentials;
mod entity;
pub mod pace;
pub mod servers;
