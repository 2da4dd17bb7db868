//! The API client and the output that every command uses.

use crate::{client::Client, output::Output};

/// One run of the command.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) output: Output,
}
