//! The client of `remote.cgi`, as a real Virtualmin 8.1.0 speaks it.
//!
//! This module knows nothing of our services, jobs or database.

pub(crate) mod aliases;
pub(crate) mod backups;
mod body;
pub(crate) mod breakers;
mod broken;
pub(crate) mod budget;
pub(crate) mod calls;
pub(crate) mod certificates;
pub(crate) mod client;
pub(crate) mod connections;
pub(crate) mod databases;
pub(crate) mod dns;
pub(crate) mod domains;
pub(crate) mod envelope;
pub(crate) mod errand;
pub(crate) mod errors;
pub(crate) mod faults;
pub(crate) mod features;
#[cfg(test)]
mod fuzz;
pub(crate) mod gate;
pub(crate) mod info;
pub(crate) mod login_link;
pub(crate) mod mailboxes;
pub(crate) mod objects;
mod offers;
pub(crate) mod passwords;
pub(crate) mod php;
pub(crate) mod plans;
mod program_list;
pub(crate) mod redact;
pub(crate) mod redirects;
pub(crate) mod settings;
pub(crate) mod shell;
pub(crate) mod status;
pub(crate) mod templates;
pub(crate) mod transport;
pub(crate) mod usage;
pub(crate) mod validation;
mod window;

pub(crate) use virtualmin::{command_line, program, programs, reason, request};
