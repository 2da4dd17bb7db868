//! The way to a host's shell by SSH, and the leave to go it while the host's panel is down.

use std::ops::RangeInclusive;

use time::OffsetDateTime;

use crate::host_key::HostKey;

/// The minutes for which break-glass may be allowed at a time: at most a working day.
pub const MINUTES: RangeInclusive<u64> = 1..=8 * 60;

/// The way to a host's shell, without its private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shell {
    /// The name or address of the host.
    pub host: String,
    /// The port of `sshd`.
    pub port: u16,
    /// The user to log in as. Virtualmin's command works for root alone.
    pub user: String,
    /// The pinned host keys: one, or two while they are exchanged.
    pub keys: Vec<HostKey>,
    /// The last leave to go this way instead of the panel's; `None` if there was none, or it was ended.
    pub break_glass: Option<BreakGlass>,
}

/// The leave of a person to go to a host's shell while its panel is down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakGlass {
    /// When it ends. From then on it allows nothing.
    pub until: OffsetDateTime,
    /// Why it was given.
    pub reason: String,
    /// Who gave it, such as `token:0190…`.
    pub by: String,
}
