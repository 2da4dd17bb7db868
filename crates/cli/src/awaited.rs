//! What a command can wait for, and the command that resumes the wait.

use std::fmt;

/// What a command waits for. It continues even if the command ends.
#[derive(Clone, Debug)]
pub(crate) enum Awaited {
    /// The end of the job with this id.
    Job(String),
    /// The end of the rotation of keys.
    Rotation,
    /// A sweep of the server with this name.
    Sweep { server: String },
}

impl Awaited {
    /// What happens to it after the command ends.
    pub(crate) fn goes_on(&self) -> &'static str {
        match self {
            Self::Job(_) => "the job goes on",
            Self::Rotation => "the rotation goes on",
            Self::Sweep { .. } => "the sweep still takes place",
        }
    }

    /// The command that resumes the wait or shows the result.
    pub(crate) fn next(&self) -> String {
        match self {
            Self::Job(id) => format!("praho jobs watch {id}"),
            Self::Rotation => {
                "praho keys status shows how far it is; do all services run?".to_owned()
            }
            Self::Sweep { server } => format!(
                "praho drift status {server} shows the last sweep; does praho-drift-reconciler run?"
            ),
        }
    }
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job(id) => write!(f, "job {id} has not ended"),
            Self::Rotation => f.write_str("the rotation has not ended"),
            Self::Sweep { server } => write!(f, "server {server} has not been swept"),
        }
    }
}
