//! The door to a host's shell: commands and files over SSH, to hosts whose key is known.
//!
//! A connection goes to an address that [`egress`] has judged, and nothing is sent to a host that does not prove one of the
//! keys pinned for it. A command is a list of arguments, none of which a shell interprets. Everything that a host sends is
//! bounded by the caller.

mod command;
mod connection;
mod error;
mod files;
mod quote;

pub use command::{Chunk, Command, Ended, Output, Running};
pub use connection::{Connection, Host};
pub use error::{FileError, NoConnection, NotRun, Why};
