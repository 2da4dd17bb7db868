//! Private servers, a private CA, processes and a broken network for tests.
//!
//! This crate uses none of the other crates, so that one misunderstanding cannot hide in both the code and
//! its test. A test that only uses the servers takes the shared ones ([`servers`], [`postgres::fresh`], a
//! [`unique`] prefix for its queues). A test that breaks a server starts its own in a [`Scratch`] folder.

pub mod authority;
pub mod environment;
mod eventually;
pub mod http;
pub mod installation;
mod instance;
mod open_files;
pub mod openssh;
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

pub use authority::Authority;
pub use eventually::{eventually, eventually_by_progress, eventually_within, poll};
pub use instance::log_tail;
pub use open_files::raise_open_files;
pub use ports::free_port;
pub use random::{password, random_bytes, unique};
pub use scratch::Scratch;
pub use servers::Servers;

/// The shared test servers, which `cargo xtask test` or `cargo xtask servers` has started.
///
/// # Panics
/// If the servers do not answer; the message says how to start them.
#[must_use]
pub fn servers() -> Servers {
    Servers::running()
}
