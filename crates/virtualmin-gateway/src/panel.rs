//! The client of `remote.cgi`, as a real Virtualmin 8.1.0 speaks it.
//!
//! This module knows nothing of our services, jobs or database.

pub(crate) mod budget;
pub(crate) mod calls;
pub(crate) mod client;
pub(crate) mod domains;
pub(crate) mod envelope;
pub(crate) mod errors;
pub(crate) mod faults;
pub(crate) mod gate;
pub(crate) mod info;
mod offers;
pub(crate) mod passwords;
pub(crate) mod program;
mod program_list;
pub(crate) mod request;
pub(crate) mod transport;
