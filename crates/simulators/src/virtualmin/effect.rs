//! The record of what the simulated server really did, which is what tests judge by.

use serde::{Deserialize, Serialize};

/// What happened to a virtual server or plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectKind {
    /// It exists now (also when it was made only half).
    Created,
    /// It is disabled now.
    Disabled,
    /// It is enabled again.
    Enabled,
    /// Some setting was written.
    Modified,
    /// It is gone.
    Deleted,
    /// Overlapping mutations damaged it.
    Corrupted,
}

/// One change of the server's state by a remote program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// 1 for the first effect on this server, then counting up, across restarts.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub at: i64,
    /// The program that did it.
    pub program: String,
    /// The domain, or the name of the plan for plan programs.
    pub domain: String,
    /// What happened.
    pub kind: EffectKind,
    /// The program's arguments, passwords replaced by `***`.
    pub arguments: Vec<String>,
}
