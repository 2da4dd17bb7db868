//! Carries the outbox to RabbitMQ: what was committed is published, what was published is forgotten.
//!
//! Any number of relays share the work: each leases its batch. A crash between the confirm and the
//! delete publishes a message twice, under the same `message_id`; consumers do not mind.

use std::{pin::pin, time::Duration};

use lapin::Channel;
use store::{
    Store,
    notifications::Notifications,
    outbox::{CHANNEL, OutboxRow},
};
use tokio::time::{Instant, timeout};

use crate::{Broker, Error, Result, publisher::publish_batch};

/// Messages in one batch.
const BATCH: u32 = 200;
/// Longer than a batch can take; then another relay may publish it.
const LEASE: Duration = Duration::from_secs(60);
/// Looks at the outbox at least so often, whatever was heard.
const PERIOD: Duration = Duration::from_secs(5);
/// Between attempts while the database or the broker is away.
const PAUSE: Duration = Duration::from_millis(500);

/// A relay.
#[derive(Clone, Debug)]
pub struct Relay {
    store: Store,
    broker: Broker,
}

/// What the relay works with, while it works.
#[derive(Default)]
struct Lines {
    notifications: Option<Notifications>,
    channel: Option<Channel>,
    /// Trouble that was logged, and has not ended.
    troubled: bool,
}

impl Relay {
    /// A relay from `store` to `broker`.
    pub fn new(store: Store, broker: Broker) -> Self {
        Self { store, broker }
    }

    /// Relays until `shutdown`, and then once more what was written before it. Trouble with either side
    /// is logged once and waited for.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) -> Result<()> {
        let (mut shutdown, mut lines) = (pin!(shutdown), Lines::default());
        loop {
            let wait = match self.drain(&mut lines).await {
                Ok(wait) => {
                    if std::mem::take(&mut lines.troubled) {
                        tracing::info!("the outbox is relayed again");
                    }
                    wait
                }
                Err(trouble) => {
                    if !std::mem::replace(&mut lines.troubled, true) {
                        tracing::warn!(error = trouble, "the outbox has to wait");
                    }
                    lines.channel = None;
                    PAUSE
                }
            };
            let until = Instant::now() + wait;
            tokio::select! {
                () = &mut shutdown => break,
                () = heard(&mut lines.notifications, until) => {}
            }
        }
        match timeout(PERIOD, self.drain(&mut lines)).await {
            Ok(Err(error)) => {
                tracing::warn!(error, "what is left in the outbox is for other relays")
            }
            Err(_) => tracing::warn!("what is left in the outbox is for other relays"),
            Ok(Ok(_)) => {}
        }
        Ok(())
    }

    /// Publishes what is due; says how long until there is more, if nothing is heard before.
    async fn drain(&self, lines: &mut Lines) -> std::result::Result<Duration, String> {
        let text = |error: store::Error| error.to_string();
        if lines.notifications.is_none() {
            // Before the look, so that nothing is missed between the two.
            lines.notifications = Some(self.store.listen(&[CHANNEL]).await.map_err(text)?);
        }
        loop {
            let rows = self.store.lease_outbox(BATCH, LEASE).await.map_err(text)?;
            if rows.is_empty() {
                let due = self.store.next_outbox_due().await.map_err(text)?;
                return Ok(due.map_or(PERIOD, |it| it.min(PERIOD)));
            }
            self.publish(lines, &rows).await?;
        }
    }

    async fn publish(
        &self,
        lines: &mut Lines,
        rows: &[OutboxRow],
    ) -> std::result::Result<(), String> {
        let results = match self.publish_to(lines, rows).await {
            Ok(results) => results,
            Err(error) => rows.iter().map(|_| Err(error.clone())).collect(),
        };
        let (mut published, mut failed, mut first) = (Vec::new(), Vec::new(), None);
        for (row, result) in rows.iter().zip(results) {
            match result {
                Ok(()) => published.push(row.id),
                Err(error) => {
                    failed.push((row.id, error.to_string()));
                    first.get_or_insert(error);
                }
            }
        }
        if !published.is_empty() {
            self.store.outbox_published(&published).await.map_err(|it| it.to_string())?;
        }
        let Some(error) = first else { return Ok(()) };
        self.store.outbox_failed(&failed).await.map_err(|it| it.to_string())?;
        if let Error::Unroutable { .. } = error {
            // Someone has wiped the broker under a living connection.
            self.broker.declare().await.map_err(|it| it.to_string())?;
        }
        Err(error.to_string())
    }

    async fn publish_to(&self, lines: &mut Lines, rows: &[OutboxRow]) -> Result<Vec<Result<()>>> {
        let channel = match lines.channel.take().filter(|it| it.status().connected()) {
            Some(channel) => channel,
            None => self.broker.confirming_channel().await?,
        };
        let results = publish_batch(&self.broker, &channel, rows).await;
        lines.channel = Some(channel);
        Ok(results)
    }
}

/// Returns when something was said, or at `until`.
async fn heard(notifications: &mut Option<Notifications>, until: Instant) {
    let lost = match notifications {
        None => {
            let never = std::future::pending::<()>();
            let _ = tokio::time::timeout_at(until, never).await;
            false
        }
        Some(listening) => {
            matches!(tokio::time::timeout_at(until, listening.next()).await, Ok(Err(_)))
        }
    };
    if lost {
        *notifications = None;
        let never = std::future::pending::<()>();
        let _ = tokio::time::timeout_at(until.min(Instant::now() + PAUSE), never).await;
    }
}
