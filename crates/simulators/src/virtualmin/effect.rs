//! The log of effects on the simulated server, for the assertions of tests.

use serde::{Deserialize, Serialize};

/// The kind of a change to a virtual server or plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectKind {
    /// It was created, completely or only in part.
    Created,
    /// It was disabled.
    Disabled,
    /// It was enabled.
    Enabled,
    /// One or more of its settings were written.
    Modified,
    /// It was deleted.
    Deleted,
    /// It was written to an archive.
    BackedUp,
    /// It was read from an archive.
    Restored,
    /// It was restarted: a server of the machine.
    Restarted,
    /// Overlapping mutations damaged it.
    Corrupted,
}

/// One change of the server's state by a remote program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// The number of the effect on this server, from 1, across restarts.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub at: i64,
    /// The program that made the change.
    pub program: String,
    /// The domain, or the name of the plan for plan programs.
    pub domain: String,
    /// The kind of change.
    pub kind: EffectKind,
    /// The program's arguments, with passwords replaced by `***`.
    pub arguments: Vec<String>,
}
