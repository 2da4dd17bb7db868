//! The outside world on a string: private servers, stand-ins, processes and patience for tests.
//!
//! It knows none of our other crates, so that one misunderstanding cannot hide in both halves. A test
//! that only uses the servers takes the shared ones ([`servers`], [`postgres::fresh`], a [`unique`]
//! prefix for its queues); a test that breaks a server starts its own in a [`Scratch`] folder.

pub mod environment;
mod eventually;
pub mod http;
pub mod installation;
mod instance;
mod ports;
pub mod postgres;
pub mod powerdns;
pub mod process;
pub mod program;
pub mod proxy;
pub mod rabbitmq;
mod random;
mod scratch;
pub mod servers;

pub use eventually::{eventually, eventually_by_progress, eventually_within, poll};
pub use instance::log_tail;
pub use ports::free_port;
pub use random::{password, random_bytes, unique};
pub use scratch::Scratch;
pub use servers::Servers;

/// The shared test servers, as `cargo xtask test` or `cargo xtask servers` has started them.
///
/// # Panics
/// When they do not answer; the message says how to start them.
#[must_use]
pub fn servers() -> Servers {
    Servers::running()
}
