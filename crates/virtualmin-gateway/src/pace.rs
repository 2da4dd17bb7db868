//! Limits reading calls: so many a second for each server, over all gateways.

use std::time::Duration;

use model::{
    fault::{Fault, FaultKind},
    ids::ServerId,
    server::Pace,
};
use store::Store;
use tokio::time::{Instant, sleep_until};

/// Waits until a reading call may go out. The looks within a change do not count here: they belong to the
/// change.
///
/// # Errors
/// `RateLimited` if that would be after `deadline`; faults of the store.
pub(crate) async fn wait(
    store: &Store,
    server: ServerId,
    pace: Pace,
    deadline: Instant,
) -> Result<(), Fault> {
    let patience = deadline.saturating_duration_since(Instant::now());
    match store.reserve_read(server, pace, patience).await? {
        Some(wait) => {
            sleep_until(Instant::now() + wait).await;
            Ok(())
        }
        None => Err(Fault::new(
            FaultKind::RateLimited,
            format!(
                "this server takes {} reading calls in {} s, and more are waiting",
                pace.calls,
                pace.window.as_secs()
            ),
        )
        .retry_after(pace.window.max(Duration::from_secs(2)))),
    }
}
