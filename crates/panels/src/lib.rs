//! The only client of the gateways to hosts: calls in `model`'s types, deadlines, and the meaning of missing
//! answers.
//!
//! A service calls [`Virtualmin`] to read or change a host. Generated messages stay in this crate.

mod answer;
mod host;
mod virtual_server;
mod virtualmin;

pub use answer::Unread;
pub use host::Host;
pub use virtual_server::{Presence, UnclaimedPresence};
pub use virtualmin::Virtualmin;
