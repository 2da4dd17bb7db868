//! The client of `remote.cgi`, as a real Virtualmin 8.1.0 speaks it.
//!
//! This module knows nothing of our services, jobs or database.

pub(crate) mod aliases;
mod body;
mod broken;
pub(crate) mod budget;
pub(crate) mod calls;
pub(crate) mod client;
pub(crate) mod domains;
pub(crate) mod envelope;
pub(crate) mod errors;
pub(crate) mod faults;
pub(crate) mod gate;
pub(crate) mod info;
pub(crate) mod mailboxes;
pub(crate) mod objects;
mod offers;
pub(crate) mod passwords;
mod program_list;
mod redact;
pub(crate) mod shell;
pub(crate) mod transport;

pub(crate) use virtualmin::{command_line, parameter, program, programs, reason, request};
