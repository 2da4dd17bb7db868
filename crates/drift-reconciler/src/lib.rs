//! Keeps servers true to the rows: sweeps each on its schedule, records its differences, and files the jobs that
//! heal them.
//!
//! Observe, compare, enqueue. The service changes no server and no account itself. The job `account.heal`, the
//! same that a person would file, restores missing or wrongly switched virtual servers. Where a server's policy
//! says so, that job also sets quotas, and `domain.quarantine` switches off virtual servers that no row claims.
//! Everything else is reported. A listing that is empty, or shows too many changes at once, is doubted: it
//! raises one alert and leads to nothing else.

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
use service::{Owner, Service};

pub use config::{Config, HealthSettings, SweepSettings};
pub use outcome::SweepOutcome;
pub use reconciler::Reconciler;

/// The name of this service's connections to RabbitMQ.
const NAME: &str = "praho-drift-reconciler";

/// Runs the service until `shutdown`.
///
/// # Errors
///
/// If the configuration is unusable, a port is taken, or a part of the service failed.
pub async fn run(config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let gateway = Virtualmin::connect(&config.gateway).context("gateway")?;
    let mut service =
        Service::start(NAME, Owner::Consumer(&[]), &config.service, &shutdown).await?;
    let store = service.store.clone();
    let reconciler = Reconciler::new(store.clone(), gateway, config.sweep, config.health);
    service.spawn("gauges", gauges::keep_counting(store, shutdown.clone()));
    service.spawn("reconciler", async move { reconciler.run(shutdown).await });
    service.join().await
}
