//! The one client of the gateways to hosts: calls in `model`'s words, deadlines, and what silence means.
//!
//! A service that wants something of a host calls [`Virtualmin`]. Generated messages stay in here.

mod answer;
mod host;
mod virtual_server;
mod virtualmin;

pub use answer::Unread;
pub use host::Host;
pub use virtual_server::{Presence, UnclaimedPresence};
pub use virtualmin::Virtualmin;
