//! Consumes the messages of a queue, as long as the service runs.

use std::{panic::AssertUnwindSafe, pin::pin, time::Duration};

use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use lapin::{
    message::Delivery as Received,
    options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions},
    types::FieldTable,
};
use tokio::time::{Instant, timeout};
use tracing::Instrument;

use crate::{
    Broker, Delivery, Result, Verdict,
    line::{close, within},
    subscription::{Subscription, meanwhile, requeue},
    telemetry::Processor,
    wire,
};

/// The pause between attempts while the broker is away.
const PAUSE: Duration = Duration::from_millis(500);

impl Broker {
    /// Passes each message of `queue` to `handler`, at most `prefetch` (and at least one) at a time, until
    /// `shutdown`; then waits for the running handlers. A lost connection is opened again while handlers run
    /// on.
    ///
    /// A message may come more than once. If the handler panics, the message returns to the queue; after
    /// [`DELIVERY_LIMIT`](crate::topology::DELIVERY_LIMIT) returns it becomes a dead letter.
    pub async fn consume<H: Future<Output = Verdict> + Send>(
        &self,
        queue: &str,
        prefetch: u16,
        handler: impl Fn(Delivery) -> H + Send + Sync,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<()> {
        let (mut shutdown, mut troubled, prefetch) = (pin!(shutdown), false, prefetch.max(1));
        let processor = Processor::new(queue);
        let mut in_hand = FuturesUnordered::new();
        loop {
            let subscribing = async {
                tokio::select! {
                    biased;
                    () = &mut shutdown => None,
                    subscribed = self.subscribe(queue, prefetch) => Some(subscribed),
                }
            };
            match meanwhile(&mut in_hand, subscribing).await {
                None => break,
                Some(Ok(mut subscription)) => {
                    self.consumes(queue, None);
                    if std::mem::take(&mut troubled) {
                        tracing::info!(queue, "consuming again");
                    }
                    let begin = |received| self.one(queue, &processor, received, &handler);
                    let stopped = subscription
                        .attend(
                            queue,
                            usize::from(prefetch),
                            &mut in_hand,
                            begin,
                            shutdown.as_mut(),
                        )
                        .await;
                    if stopped {
                        meanwhile(&mut in_hand, subscription.cancel()).await;
                        while in_hand.next().await.is_some() {}
                        close(&subscription.channel).await;
                        return Ok(());
                    }
                    tracing::info!(queue, "the broker ended the subscription");
                }
                Some(Err(error)) => {
                    self.consumes(queue, Some(&error));
                    if !std::mem::replace(&mut troubled, true) {
                        tracing::warn!(%error, queue, "cannot consume yet");
                    }
                }
            }
            // `Ok` means that `shutdown` ended the pause.
            if meanwhile(&mut in_hand, timeout(PAUSE, &mut shutdown)).await.is_ok() {
                break;
            }
        }
        while in_hand.next().await.is_some() {}
        Ok(())
    }

    async fn subscribe(&self, queue: &str, prefetch: u16) -> Result<Subscription> {
        let channel = self.consuming_channel(queue).await?;
        let consumer = within(async {
            channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
            let options = BasicConsumeOptions::default();
            let name = self.named(queue);
            Ok(channel
                .basic_consume(name.as_str().into(), "".into(), options, FieldTable::default())
                .await?)
        })
        .await?;
        Ok(Subscription { channel, consumer })
    }

    async fn one<H: Future<Output = Verdict> + Send>(
        &self,
        queue: &str,
        processor: &Processor,
        received: Received,
        handler: &(impl Fn(Delivery) -> H + Send + Sync),
    ) {
        let (delivery, began) = (Delivery::from(&received), Instant::now());
        let span = processor.span(&delivery);
        let handling = AssertUnwindSafe(async { handler(delivery).await }).catch_unwind();
        // The panic hook logs a panic; the message returns to the queue, up to the delivery limit.
        let verdict = handling.instrument(span.clone()).await.unwrap_or(Verdict::Requeue);
        processor.decided(&span, &verdict, began.elapsed());
        drop(span);
        if let Err(error) = self.settle(queue, &received, verdict).await {
            tracing::debug!(%error, queue, "the broker did not get the verdict on a message");
        }
    }

    async fn settle(&self, queue: &str, received: &Received, verdict: Verdict) -> Result<()> {
        let done = match verdict {
            Verdict::Ack => true,
            Verdict::Requeue => return requeue(received).await,
            Verdict::Dead { reason } => {
                let letter = wire::dead_letter(self, queue, received, &reason);
                let published = within(self.publish(letter)).await;
                if let Err(error) = &published {
                    tracing::warn!(%error, queue, "a dead letter goes without its reason");
                }
                published.is_ok()
            }
            Verdict::Withheld { reason } => {
                let letter = wire::withheld(self, queue, received, &reason);
                if let Err(error) = within(self.publish(letter)).await {
                    tracing::warn!(%error, queue, "a dead letter is lost, because its body may hold a secret");
                }
                // The broker's own dead letter would be the whole message.
                true
            }
        };
        within(async {
            if done {
                received.ack(BasicAckOptions::default()).await?;
            } else {
                received.reject(BasicRejectOptions { requeue: false }).await?;
            }
            Ok(())
        })
        .await
    }
}
