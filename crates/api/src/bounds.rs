//! The bounds of a request through any interface: its size and its time.

use std::time::Duration;

/// Bytes of a request through any interface.
pub(crate) const MAX_BODY: usize = 64 * 1024;
/// Time from a request to the head of its answer.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
