//! Limits reading calls: so many a second for each server, over all gateways.

use std::time::Duration;

use model::{
    fault::{Fault, FaultKind},
    ids::ServerId,
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
    reads_per_second: u32,
    deadline: Instant,
) -> Result<(), Fault> {
    let patience = deadline.saturating_duration_since(Instant::now());
    match store.reserve_read(server, reads_per_second, patience).await? {
        Some(wait) => {
            sleep_until(Instant::now() + wait).await;
            Ok(())
        }
        None => Err(Fault::new(
            FaultKind::RateLimited,
            format!(
                "this server takes {reads_per_second} reading calls a second, and more are waiting"
            ),
        )
        .retry_after(Duration::from_secs(2))),
    }
}
