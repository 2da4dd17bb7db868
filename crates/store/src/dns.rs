//! DNS: the servers that zones are written to, and zones as they are wanted.

mod entity;
pub mod servers;
mod turns;
mod zones;
