//! Words for whoever runs the command.

use std::fmt::Display;
use std::io::{Write, stderr, stdout};

/// Prints a line. A reader that went away (`cargo xtask up | head`) does not stop the work, as
/// `println!` would by a panic halfway through a start.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(stdout(), "{line}");
}

/// Prints why the command failed.
pub(crate) fn complain(error: &anyhow::Error) {
    let _ = writeln!(stderr(), "error: {error:#}");
}
