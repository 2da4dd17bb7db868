//! The real program, from the outside.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod program;
mod terminal;
