//! The bounds of a request through any interface: its size, its time, and how many are handled at a time.

use std::time::Duration;

/// Bytes of a request through any interface.
pub(crate) const MAX_BODY: usize = 64 * 1024;
/// Time from a request to the head of its answer.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
/// Requests that one interface handles at a time; further ones wait.
pub(crate) const MAX_CONCURRENT: usize = 256;
