//! Relays the outbox to RabbitMQ: publishes committed messages, and deletes published ones.
//!
//! Any number of relays share the work, because each leases its batch. A crash between the confirm and the
//! deletion publishes a message twice, with the same `message_id`; consumers tolerate that.

use std::{future::pending, pin::pin, time::Duration};

use futures_util::FutureExt;
use store::{Store, outbox::OutboxRow};
use tokio::time::{Instant, timeout_at};

use crate::{
    Broker, Error, Result,
    publisher::{Outgoing, Publisher},
    telemetry::Sender,
    wire,
};

/// Most messages in one batch.
const BATCH: u32 = 200;
/// Longer than a batch takes, which is at most ten seconds and its SQL; after the lease another relay may
/// publish it.
const LEASE: Duration = Duration::from_secs(20);
/// The longest time between two looks at the outbox, even without a notification; also the time for the last
/// messages after a stop.
const PERIOD: Duration = Duration::from_secs(5);
/// The pause between attempts while the database or the broker is away.
const PAUSE: Duration = Duration::from_millis(500);

/// A relay from the outbox of a database to a broker.
#[derive(Clone, Debug)]
pub struct Relay {
    store: Store,
    broker: Broker,
    sender: Sender,
}

/// The state of a running relay.
struct Work {
    publisher: Option<Publisher>,
    /// The ids of published messages that are still in the outbox.
    confirmed: Vec<i64>,
    /// The number of messages to lease: one after a failure, so that a message which causes the failure does
    /// not hold up others for long.
    batch: u32,
    /// Whether a failure was logged that has not ended.
    troubled: bool,
}

/// The reason why the relay pauses.
type Trouble = String;

impl Relay {
    /// A relay from `store` to `broker`.
    pub fn new(store: Store, broker: Broker) -> Self {
        Self { store, broker, sender: Sender::new() }
    }

    /// Relays until `shutdown`, and then once more the messages written before it, for five seconds at most.
    /// A failure of either side is logged once, and the relay waits for its end.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) -> Result<()> {
        let shutdown = shutdown.shared();
        let mut over = pin!(async {
            shutdown.clone().await;
            pause(Instant::now() + PERIOD).await;
        });
        let mut work = Work::new();
        loop {
            let stopping = shutdown.clone().now_or_never().is_some();
            let outcome = tokio::select! {
                biased;
                outcome = self.drain(&mut work) => outcome,
                () = &mut over => {
                    tracing::warn!("other relays have to carry on: no time is left");
                    return Ok(());
                }
            };
            if stopping {
                if let Err(trouble) = outcome {
                    tracing::warn!(error = trouble, "other relays have to carry on");
                }
                return Ok(());
            }
            let until = Instant::now() + work.wait(outcome);
            tokio::select! {
                () = shutdown.clone() => {}
                _ = timeout_at(until, self.store.outbox_written()) => {}
            }
        }
    }

    /// Publishes the due messages; returns the time until the next are due, if no notification comes before.
    async fn drain(&self, work: &mut Work) -> std::result::Result<Duration, Trouble> {
        loop {
            // A message is leased only if there is a channel to publish it on.
            let publisher = match work.publisher.take().filter(Publisher::usable) {
                Some(publisher) => publisher,
                None => {
                    self.forget_confirmed(work).await?;
                    self.broker.publisher().await.map_err(text)?
                }
            };
            let publisher = work.publisher.insert(publisher);
            let leasing = self.store.lease_outbox(work.batch, LEASE, &work.confirmed);
            let mut rows = leasing.await.map_err(text)?;
            work.confirmed.clear();
            if rows.is_empty() {
                let due = self.store.next_outbox_due().await.map_err(text)?;
                return Ok(due.map_or(PERIOD, |it| it.min(PERIOD)));
            }
            let sending = self.sender.begin(&mut rows);
            let messages: Vec<Outgoing> =
                rows.iter().map(|it| wire::from_row(&self.broker, it)).collect();
            let results = publisher.publish(&messages).await;
            sending.end(&results);
            self.settle(work, &rows, results).await?;
        }
    }

    /// Records the results of a batch.
    async fn settle(
        &self,
        work: &mut Work,
        rows: &[OutboxRow],
        results: Vec<Result<()>>,
    ) -> std::result::Result<(), Trouble> {
        let (mut failed, mut refused, mut broken) = (Vec::new(), None, None);
        for (row, result) in rows.iter().zip(results) {
            let Err(error) = result else {
                work.confirmed.push(row.id);
                continue;
            };
            failed.push((row.id, error.to_string()));
            match error {
                Error::Unroutable { .. } | Error::Refused => refused.get_or_insert(error),
                error => broken.get_or_insert(error),
            };
        }
        work.batch = match &broken {
            Some(_) => 1,
            None => work.batch.saturating_mul(2).min(BATCH),
        };
        if !failed.is_empty() {
            // The next publisher declares the topology again, because the broker may have been wiped under
            // this one.
            work.publisher = None;
            self.store.outbox_failed(&failed).await.map_err(text)?;
        }
        if let Some(error) = refused {
            let messages = failed.len();
            tracing::warn!(%error, messages, "messages stay in the outbox for now");
        }
        broken.map_or(Ok(()), |error| Err(text(error)))
    }

    /// Deletes published messages when no further lease can delete them.
    async fn forget_confirmed(&self, work: &mut Work) -> std::result::Result<(), Trouble> {
        if !work.confirmed.is_empty() {
            self.store.outbox_published(&work.confirmed).await.map_err(text)?;
            work.confirmed.clear();
        }
        Ok(())
    }
}

impl Work {
    fn new() -> Self {
        Self { publisher: None, confirmed: Vec::new(), batch: BATCH, troubled: false }
    }

    /// The pause after an attempt.
    fn wait(&mut self, outcome: std::result::Result<Duration, Trouble>) -> Duration {
        match outcome {
            Ok(wait) => {
                if std::mem::take(&mut self.troubled) {
                    tracing::info!("the outbox is relayed again");
                }
                wait
            }
            Err(trouble) => {
                if !std::mem::replace(&mut self.troubled, true) {
                    tracing::warn!(error = trouble, "the outbox has to wait");
                }
                PAUSE
            }
        }
    }
}

fn text(error: impl std::fmt::Display) -> Trouble {
    error.to_string()
}

async fn pause(until: Instant) {
    let _ = timeout_at(until, pending::<()>()).await;
}
