//! DNS: the servers that hold zones, and the wanted zones.

mod entity;
pub mod servers;
mod turns;
mod zones;
