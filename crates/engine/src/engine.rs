//! An engine: consumers of wake-ups, running jobs, and the sweeper.

use std::{sync::Arc, time::Duration};

use chassis::{
    Shutdown,
    propagation::{self, Correlation},
};
use futures_util::future::join_all;
use messaging::{Broker, Delivery, Verdict};
use model::{
    ids::JobId,
    job::{Job, Queue},
};
use serde::Deserialize;
use store::{
    Store,
    claims::{Claim, Hold},
    dead_letters::NewDeadLetter,
    outbox,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::task::TaskTracker;
use tracing::{Instrument, field::Empty};
use uuid::Uuid;

use crate::{
    Registry, Settings, injection::Injections, metrics::Metrics, outcome::Outcome, runner::Runner,
};

/// The pause between attempts to end a lease while the database does not answer.
const ABANDON_PAUSE: Duration = Duration::from_secs(1);

/// Carries out the jobs of some queues. Any number of replicas share the work.
#[derive(Clone)]
pub struct Engine {
    pub(crate) runner: Runner,
    broker: Broker,
    permits: Arc<Semaphore>,
    in_hand: TaskTracker,
}

/// The body of a wake-up: `praho.messages.v1.WakeUp`.
#[derive(Deserialize)]
struct WakeUp {
    job_id: JobId,
}

impl Engine {
    /// Makes an engine with `registry`'s workflows.
    pub fn new(store: Store, broker: Broker, registry: Registry, settings: Settings) -> Self {
        // The lease's owner, different for each replica.
        let owner = Uuid::now_v7().to_string();
        let claims = Arc::new(store.claims(&owner, settings.lease, &registry.first_steps()));
        let permits = Arc::new(Semaphore::new(settings.concurrency));
        Self {
            runner: Runner { store, registry, settings, claims, metrics: Metrics::new() },
            broker,
            permits,
            in_hand: TaskTracker::new(),
        }
    }

    /// Runs the jobs of `queues` until `shutdown`, then finishes the current steps and gives the jobs back.
    pub async fn run(&self, queues: &[Queue], shutdown: Shutdown) -> anyhow::Result<()> {
        let consumers = tokio_util::task::TaskTracker::new();
        for queue in queues {
            let (engine, stop) = (self.clone(), shutdown.clone());
            let queue = format!("{}.{}", outbox::JOBS, queue.as_str());
            consumers.spawn(async move { engine.consume(&queue, stop).await });
        }
        consumers.close();
        self.sweep(queues, &shutdown).await;
        consumers.wait().await;
        self.in_hand.close();
        self.in_hand.wait().await;
        Ok(())
    }

    async fn consume(&self, queue: &str, shutdown: Shutdown) {
        let prefetch = u16::try_from(self.runner.settings.concurrency).unwrap_or(u16::MAX);
        let handler = |delivery: Delivery| {
            let (engine, queue, stop) = (self.clone(), queue.to_owned(), shutdown.clone());
            async move { engine.wake(&queue, &delivery, &stop).await }
        };
        if let Err(error) =
            self.broker.consume(queue, prefetch, handler, shutdown.requested()).await
        {
            tracing::error!(%error, queue, "the consumer ended");
            shutdown.request();
        }
    }

    /// Claims the job that a wake-up names. The broker gets its acknowledgement after the claim commits: from
    /// there the lease guards the job.
    async fn wake(&self, queue: &str, delivery: &Delivery, shutdown: &Shutdown) -> Verdict {
        let wake_up: WakeUp = match serde_json::from_slice(&delivery.body) {
            Ok(wake_up) => wake_up,
            Err(error) => {
                return self.dead(queue, delivery, format!("not a wake-up: {error}")).await;
            }
        };
        let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else {
            return Verdict::Requeue;
        };
        match self.runner.claim(wake_up.job_id).await {
            Ok(Claim::Taken(job)) => {
                self.begin(*job, permit, shutdown);
                Verdict::Ack
            }
            Ok(Claim::NotNow) => Verdict::Ack,
            Ok(Claim::Missing) => {
                self.dead(queue, delivery, format!("there is no job {}", wake_up.job_id)).await
            }
            Err(error) => {
                // The row is still there and the sweeper will find it, so the message is no longer needed.
                tracing::warn!(%error, job.id = %wake_up.job_id, "the job was not claimed");
                Verdict::Ack
            }
        }
    }

    /// Works on a claimed job in a task of its own.
    fn begin(&self, job: Job, permit: OwnedSemaphorePermit, shutdown: &Shutdown) {
        let (engine, shutdown) = (self.clone(), shutdown.clone());
        self.runner.metrics.claimed(&job);
        let span = span(&job);
        self.in_hand.spawn(
            async move {
                engine.work(job, &shutdown).await;
                drop(permit);
            }
            .instrument(span),
        );
    }

    /// Claims jobs for which no wake-up came, as many as there is room for. So a broker that is away, full, or has other
    /// queues than ours, slows the work and does not stop it.
    async fn take_overdue(&self, queues: &[Queue], shutdown: &Shutdown) -> store::Result<u64> {
        let (settings, free) = (&self.runner.settings, self.permits.available_permits());
        if free == 0 {
            return Ok(0);
        }
        let jobs = self.runner.store.overdue_jobs(queues, settings.overdue_after, free).await?;
        let claims = jobs.into_iter().map(async |job| {
            let permit = Arc::clone(&self.permits).try_acquire_owned().ok()?;
            match self.runner.claim(job).await {
                Ok(Claim::Taken(job)) => Some((job, permit)),
                Ok(Claim::NotNow | Claim::Missing) => None,
                Err(error) => {
                    tracing::warn!(%error, job.id = %job, "the job was not claimed");
                    None
                }
            }
        });
        let mut taken = 0;
        for (job, permit) in join_all(claims).await.into_iter().flatten() {
            self.begin(*job, permit, shutdown);
            taken += 1;
        }
        Ok(taken)
    }

    async fn work(&self, job: Job, shutdown: &Shutdown) {
        let began = Instant::now();
        tracing::info!(attempt = job.attempts, "claimed");
        let (kind, hold) = (job.kind, Hold { job: job.id, epoch: job.epoch });
        let outcome = self.runner.work(job, shutdown, &Injections::default()).await;
        self.runner.metrics.turned(kind, &outcome);
        let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        match outcome {
            Ok(Outcome::Ended(status)) => {
                tracing::info!(status = status.as_str(), elapsed_ms, "ended");
            }
            Ok(outcome) => tracing::info!(?outcome, elapsed_ms, "not ended yet"),
            Err(error) => {
                tracing::warn!(%error, elapsed_ms, "gave the job up: another worker takes it");
                self.abandon(hold, shutdown).await;
            }
        }
    }

    /// Ends the lease of a job that cannot continue, as soon as the database answers. Otherwise other jobs would
    /// wait for its resources until the lease expires.
    async fn abandon(&self, hold: Hold, shutdown: &Shutdown) {
        let until = Instant::now() + self.runner.settings.lease;
        let mut tries = interval(ABANDON_PAUSE);
        tries.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while Instant::now() < until {
            tokio::select! {
                () = shutdown.requested() => return,
                _ = tries.tick() => {}
            }
            if self.runner.store.abandon(hold).await.is_ok() {
                return;
            }
        }
    }

    async fn dead(&self, queue: &str, delivery: &Delivery, reason: String) -> Verdict {
        tracing::warn!(queue, reason, "a message that cannot be used");
        let excerpt: String = String::from_utf8_lossy(&delivery.body).chars().take(1000).collect();
        let row = NewDeadLetter {
            queue: queue.to_owned(),
            job_id: None,
            reason: reason.clone(),
            excerpt,
            message_id: delivery.message_id.clone(),
            correlation_id: delivery.correlation_id.clone(),
        };
        match self.runner.store.insert_dead_letter(&row).await {
            Ok(()) => Verdict::Dead { reason },
            Err(error) => {
                tracing::warn!(%error, "the dead letter was not recorded: it comes again");
                Verdict::Requeue
            }
        }
    }

    /// Takes back lost leases, and takes jobs whose wake-ups were lost or repeats these, until `shutdown`.
    async fn sweep(&self, queues: &[Queue], shutdown: &Shutdown) {
        let settings = &self.runner.settings;
        let mut tick = interval(settings.sweep_every);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.requested() => return,
                _ = tick.tick() => {}
            }
            match self.take_overdue(queues, shutdown).await {
                Ok(0) => {}
                Ok(taken) => {
                    self.runner.metrics.unwoken(taken);
                    tracing::info!(taken, "took jobs for which no wake-up came");
                }
                Err(error) => tracing::warn!(%error, "no look at jobs without a wake-up"),
            }
            match self.runner.store.sweep(settings.overdue_after).await {
                Ok(swept) if swept.taken_back + swept.woken > 0 => {
                    self.runner.metrics.swept(swept);
                    tracing::info!(taken_back = swept.taken_back, woken = swept.woken, "swept");
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "the sweep failed"),
            }
        }
    }
}

/// The span of a job, from its claim on: a child of the wake-up's span, linked to the span that filed the job.
fn span(job: &Job) -> tracing::Span {
    // A root for `tracing`: otherwise the span of the wake-up would not end before the job's.
    let span = tracing::info_span!(
        parent: None,
        "job",
        otel.name = format!("job {}", job.kind.as_str()),
        otel.status_code = Empty,
        outcome = Empty,
        job.id = %job.id,
        job.kind = job.kind.as_str(),
        job.target = job.target,
        correlation_id = job.origin.correlation_id,
    );
    let correlation = Correlation::parse_or_generate(Some(&job.origin.correlation_id));
    propagation::resume(&span, job.origin.traceparent.as_deref(), &correlation);
    span
}
