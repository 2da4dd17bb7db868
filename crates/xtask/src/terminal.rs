//! Output for the person who runs the command.

use std::fmt::Display;
use std::io::{Write, stderr, stdout};

/// Prints a line. A closed pipe (`cargo xtask up | head`) does not stop the work, whereas `println!` would
/// panic halfway through a start.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(stdout(), "{line}");
}

/// Prints the error of a failed command.
pub(crate) fn complain(error: &anyhow::Error) {
    let _ = writeln!(stderr(), "error: {error:#}");
}
