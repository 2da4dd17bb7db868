//! One token asks for an orderly stop; every loop in the process looks at the same one.

use std::{pin::pin, time::Duration};

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Tells when to stop taking new work. Clones share one state.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// A token nobody has asked to stop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Resolves when work should stop; at once if that was asked before.
    pub async fn requested(&self) {
        self.0.cancelled().await;
    }

    /// Whether a stop was asked for.
    pub fn is_requested(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Asks for a stop: by a signal, a test, or a part that cannot go on.
    pub fn request(&self) {
        self.0.cancel();
    }

    /// Runs work that stops by itself once a stop was asked for, and drops it when that takes
    /// longer than `limit`: then there is no result.
    pub async fn bound<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        tokio::select! {
            result = &mut work => return Some(result),
            () = self.requested() => {}
        }
        timeout(limit, work).await.ok()
    }

    /// A token that stops with this one, and can be stopped alone.
    #[must_use]
    pub fn child(&self) -> Self {
        Self(self.0.child_token())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn drops_work_that_does_not_stop_in_time() {
        let shutdown = Shutdown::new();
        shutdown.request();
        let limit = Duration::from_millis(10);
        assert_eq!(shutdown.bound(limit, std::future::pending::<()>()).await, None);
        assert_eq!(shutdown.bound(limit, async { 7 }).await, Some(7));
    }

    #[tokio::test]
    async fn a_child_stops_with_its_parent_but_not_the_other_way() {
        let parent = Shutdown::new();
        let (first, second) = (parent.child(), parent.child());
        first.request();
        assert!(first.is_requested() && !parent.is_requested());
        parent.request();
        second.requested().await;
    }
}
