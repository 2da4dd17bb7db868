//! What every command has at hand: the API and the way to write.

use crate::{client::Client, output::Output};

/// One run of the command.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) output: Output,
}
