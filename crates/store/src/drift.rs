//! Drift: what the rows want of a server, what was found to differ, and when each server is looked at.

mod differences;
pub mod findings;
pub mod sweeps;

pub use differences::Noted;
