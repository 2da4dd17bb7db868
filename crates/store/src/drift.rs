//! Drift: what the rows want of a server, the differences found, and the schedule of sweeps.

mod differences;
pub mod findings;
pub mod sweeps;

pub use differences::Noted;
