//! The token that requests an orderly stop; every loop in the process watches the same one.

use std::{pin::pin, time::Duration};

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Signals that no new work should start. Clones share one state.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// A token without a requested stop.
    pub fn new() -> Self {
        Self::default()
    }

    /// Resolves when a stop is requested; at once if it was before.
    pub async fn requested(&self) {
        self.0.cancelled().await;
    }

    /// Whether a stop was requested.
    pub fn is_requested(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Requests a stop: because of a signal, a test, or a failed task.
    pub fn request(&self) {
        self.0.cancel();
    }

    /// Runs work that ends by itself after a requested stop. If that takes longer than `limit`, the work is
    /// dropped, and the result is `None`.
    pub async fn bound<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        tokio::select! {
            result = &mut work => return Some(result),
            () = self.requested() => {}
        }
        timeout(limit, work).await.ok()
    }

    /// A token that stops together with this one, and can also be stopped alone.
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
