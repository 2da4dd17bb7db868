//! The remote programs of Virtualmin as one table of data, and calls of them that are checked against it.
//!
//! This crate sends nothing. The gateway makes the calls; the API refuses what is not on the list before it files a job, so
//! that no secret is kept with one.

pub mod asked;
pub mod command_line;
pub mod parameter;
pub mod program;
pub mod programs;
pub mod reason;
pub mod request;
mod secret_parts;
