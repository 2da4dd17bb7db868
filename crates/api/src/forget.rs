//! Deletes old answers under idempotency keys, and dead letters settled long ago.

use std::time::Duration;

use chassis::Shutdown;
use store::Store;
use tokio::time::{MissedTickBehavior, interval};

/// Both are kept for 30 days, longer than any caller retries.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// Time between two deletions.
const PERIOD: Duration = Duration::from_secs(3600);

/// Deletes old rows until a stop is requested.
pub(crate) async fn forget_old(store: Store, shutdown: Shutdown) -> anyhow::Result<()> {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = shutdown.requested() => return Ok(()),
        }
        tell("idempotency keys", store.purge_idempotency_keys(KEPT).await);
        tell("settled dead letters", store.purge_dead_letters(KEPT).await);
    }
}

fn tell(what: &str, forgotten: store::Result<u64>) {
    match forgotten {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "forgot old {what}"),
        Err(error) => tracing::warn!(%error, "old {what} stay for now"),
    }
}
