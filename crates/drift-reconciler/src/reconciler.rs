//! The schedule: claims due servers, sweeps several at a time, and stops in order.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use chassis::{
    Shutdown,
    propagation::{self, Correlation},
};
use panels::Virtualmin;
use store::{Result, Store, sweeps::Sweep};
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tracing::{Instrument, field::Empty};

use crate::{
    config::{HealthSettings, SweepSettings},
    metrics::Metrics,
    outcome::SweepOutcome,
};

/// How often to look for due servers.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Sweeps servers. Any number of replicas share the work. Cheap to clone.
#[derive(Clone)]
pub struct Reconciler {
    pub(crate) store: Store,
    pub(crate) gateway: Virtualmin,
    pub(crate) sweep: SweepSettings,
    pub(crate) health: HealthSettings,
    /// Whether most servers failed at the last check, so that a change is logged once.
    pub(crate) sick: Arc<AtomicBool>,
    metrics: Metrics,
}

impl Reconciler {
    /// Makes a reconciler, which has swept nothing yet.
    pub fn new(
        store: Store,
        gateway: Virtualmin,
        sweep: SweepSettings,
        health: HealthSettings,
    ) -> Self {
        Self { store, gateway, sweep, health, sick: Arc::default(), metrics: Metrics::new() }
    }

    /// Sweeps the server that has been due longest; `None` if none is due.
    ///
    /// # Errors
    ///
    /// If the database fails. Nothing is then decided, and the server is due again when its lease ends.
    pub async fn sweep_next(&self) -> Result<Option<SweepOutcome>> {
        self.store.ensure_sweeps().await?;
        match self.store.claim_sweep(self.sweep.lease()).await? {
            Some(sweep) => Ok(Some(self.carry_out(&sweep).await?)),
            None => Ok(None),
        }
    }

    /// Sweeps servers as they come due, until `shutdown`, which gives back the sweeps under way.
    pub(crate) async fn run(&self, shutdown: Shutdown) -> anyhow::Result<()> {
        let mut in_hand = JoinSet::new();
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                () = shutdown.requested() => break,
                _ = look.tick() => self.take_due(&mut in_hand, &shutdown).await,
                Some(_) = in_hand.join_next() => self.take_due(&mut in_hand, &shutdown).await,
            };
            if let Err(error) = done {
                tracing::warn!(%error, "the schedule was not read");
            }
        }
        while in_hand.join_next().await.is_some() {}
        Ok(())
    }

    async fn take_due(&self, in_hand: &mut JoinSet<()>, shutdown: &Shutdown) -> Result<()> {
        self.store.ensure_sweeps().await?;
        while in_hand.len() < self.sweep.concurrency && !shutdown.is_requested() {
            let Some(sweep) = self.store.claim_sweep(self.sweep.lease()).await? else { break };
            let (this, stop) = (self.clone(), shutdown.clone());
            in_hand.spawn(async move { this.carry_out_or_give_back(&sweep, &stop).await });
        }
        Ok(())
    }

    async fn carry_out_or_give_back(&self, sweep: &Sweep, shutdown: &Shutdown) {
        let ended = tokio::select! {
            ended = self.carry_out(sweep) => ended.map(drop),
            () = shutdown.requested() => self.store.give_sweep_back(sweep, Duration::ZERO).await,
        };
        if let Err(error) = ended {
            tracing::warn!(%error, server.id = %sweep.server.id, "the sweep was not finished");
        }
    }

    /// Sweeps a server in a trace of its own, for no longer than the lease. After an error the server is due again
    /// with the next period, and not when the lease ends.
    async fn carry_out(&self, sweep: &Sweep) -> Result<SweepOutcome> {
        let span = tracing::info_span!("sweep", server.id = %sweep.server.id, outcome = Empty);
        propagation::adopt(&span, None, &Correlation::generate());
        let began = Instant::now();
        let work = timeout(self.sweep.lease(), self.look_at(sweep)).instrument(span.clone());
        let outcome = match work.await.unwrap_or(Ok(SweepOutcome::Late)) {
            Ok(outcome) => outcome,
            Err(error) => {
                self.store.give_sweep_back(sweep, self.sweep.period()).await?;
                return Err(error);
            }
        };
        span.record("outcome", outcome.as_str());
        self.metrics.swept(outcome.as_str(), began.elapsed());
        tracing::debug!(server.id = %sweep.server.id, ?outcome, "swept");
        Ok(outcome)
    }
}
