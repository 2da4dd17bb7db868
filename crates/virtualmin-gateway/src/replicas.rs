//! Counts the gateways that run, because they share the connections to each host.

use std::time::Duration;

use chassis::Shutdown;
use keys::{ALIVE, parts::GATEWAY};
use store::Store;
use tokio::time::{MissedTickBehavior, interval};

use crate::panel::connections::Gateways;

/// The pause between two counts.
const PAUSE: Duration = Duration::from_secs(5);

/// Counts until a stop is requested. Every gateway tells which keys it has, and that it still runs.
pub(crate) async fn count(
    store: Store,
    gateways: Gateways,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = shutdown.requested() => return Ok(()),
        }
        match store.processes(GATEWAY.service, ALIVE).await {
            Ok(number) => gateways.count(number),
            Err(error) => tracing::warn!(%error, "the gateways cannot be counted"),
        }
    }
}
