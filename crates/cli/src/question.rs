//! Questions to the person at the terminal, before a change that cannot be taken back or has many effects.

use std::io::{self, IsTerminal, stdin};

use clap::Args;
use console::Term;

use crate::{failure::Failure, session::Session};

/// Whether to ask
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Consent {
    /// Do it without a question
    #[arg(long)]
    yes: bool,
}

impl Consent {
    /// Asks, unless the consent was given with the command. A note says that nothing was changed.
    ///
    /// # Errors
    /// As [`agreed`].
    pub(crate) fn to(self, question: &str, session: &Session) -> Result<bool, Failure> {
        let agreed = self.yes || agreed(question, "give --yes")?;
        if !agreed {
            session.output.note("nothing was changed");
        }
        Ok(agreed)
    }
}

/// Asks the person at the terminal.
///
/// # Errors
/// If there is no terminal to ask at; `remedy` says what to do then.
pub(crate) fn agreed(question: &str, remedy: &str) -> Result<bool, Failure> {
    if !stdin().is_terminal() {
        return Err(Failure::Usage(format!("nobody can be asked here: {remedy}")));
    }
    let ask = || -> io::Result<String> {
        let terminal = Term::stderr();
        terminal.write_str(&format!("{question} [y/N] "))?;
        terminal.read_line()
    };
    let answer =
        ask().map_err(|source| Failure::Local { what: "the answer cannot be read", source })?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
