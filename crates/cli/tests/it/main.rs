//! The real program, run as a process.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod program;
mod terminal;
