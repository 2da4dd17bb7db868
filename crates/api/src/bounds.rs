//! How large a request may be, how long it may take, and how many are worked on, whichever way they come.

use std::time::Duration;

/// Bytes of a request, whichever way it comes.
pub(crate) const MAX_BODY: usize = 64 * 1024;
/// How long a request may take until the head of its answer.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
/// Requests that are worked on at a time by one face; more wait.
pub(crate) const MAX_CONCURRENT: usize = 256;
