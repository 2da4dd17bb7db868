//! Keeps servers true to the rows: looks at each on its schedule, remembers how it differs, and files the jobs
//! that heal.
//!
//! Observe, compare, enqueue. It changes no server and no account itself: what is missing or switched wrongly
//! is healed by the job `account.heal`, which is the same for a person. Where a server's policy says so, that
//! job sets quotas again, and `domain.quarantine` switches off what no row claims. Everything else is reported.
//! A listing that is empty, or shows too much changed at once, is doubted: one alert, and no conclusion.

mod config;
mod gauges;
mod heal;
mod health;
mod metrics;
mod outcome;
mod reconciler;
mod sweep;
mod tell;
mod verdict;

use anyhow::Context;
use chassis::Shutdown;
use panels::Virtualmin;
use service::Service;

pub use config::{Config, HealthSettings, SweepSettings};
pub use outcome::SweepOutcome;
pub use reconciler::Reconciler;

/// What this service shows itself as to RabbitMQ.
const NAME: &str = "praho-drift-reconciler";

/// Runs the service until `shutdown`.
///
/// # Errors
///
/// A configuration that cannot be used, a port that is taken, or a part that failed.
pub async fn run(config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let gateway = Virtualmin::connect(&config.gateway.url).context("gateway.url")?;
    let mut service = Service::start(NAME, &config.service, &shutdown).await?;
    let store = service.store.clone();
    let reconciler = Reconciler::new(store.clone(), gateway, config.sweep, config.health);
    service.spawn("gauges", gauges::keep_counting(store, shutdown.clone()));
    service.spawn("reconciler", async move { reconciler.run(shutdown).await });
    service.join().await
}
