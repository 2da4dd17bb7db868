//! A subscription to a queue, and the running handlers of its messages.

use std::pin::{Pin, pin};

use futures_util::{StreamExt, stream::FuturesUnordered};
use lapin::{
    Channel, Consumer,
    message::Delivery as Received,
    options::{BasicCancelOptions, BasicNackOptions},
};

use crate::{Result, line::within};

/// Acknowledgements go through the channel, so it must stay open until the last one.
pub(crate) struct Subscription {
    pub(crate) channel: Channel,
    pub(crate) consumer: Consumer,
}

impl Subscription {
    /// Handles messages until the subscription or the service ends; returns whether the service ended.
    pub(crate) async fn attend<F: Future<Output = ()>>(
        &mut self,
        queue: &str,
        prefetch: usize,
        in_hand: &mut FuturesUnordered<F>,
        begin: impl Fn(Received) -> F,
        mut shutdown: Pin<&mut (impl Future<Output = ()> + Send)>,
    ) -> bool {
        loop {
            // Handlers from an earlier subscription may still run.
            let room = in_hand.len() < prefetch;
            tokio::select! {
                biased;
                () = &mut shutdown => return true,
                Some(()) = in_hand.next(), if !in_hand.is_empty() => {}
                received = self.consumer.next(), if room => match received {
                    Some(Ok(received)) => in_hand.push(begin(received)),
                    Some(Err(error)) => {
                        tracing::debug!(%error, queue, "the subscription broke");
                        return false;
                    }
                    None => return false,
                },
            }
        }
    }

    /// Stops the deliveries, and returns the messages whose handling has not begun.
    pub(crate) async fn cancel(&mut self) {
        let cancelled = within(async {
            let tag = self.consumer.tag();
            self.channel.basic_cancel(tag, BasicCancelOptions::default()).await?;
            while let Some(received) = self.consumer.next().await {
                requeue(&received?).await?;
            }
            Ok(())
        });
        if let Err(error) = cancelled.await {
            tracing::debug!(%error, "a subscription was not cancelled in order");
        }
    }
}

/// Returns a message to its queue.
pub(crate) async fn requeue(received: &Received) -> Result<()> {
    let again = BasicNackOptions { requeue: true, ..BasicNackOptions::default() };
    within(async {
        received.nack(again).await?;
        Ok(())
    })
    .await
}

/// Runs the handlers on until `other` is done.
pub(crate) async fn meanwhile<T, F: Future<Output = ()>>(
    in_hand: &mut FuturesUnordered<F>,
    other: impl Future<Output = T>,
) -> T {
    let mut other = pin!(other);
    loop {
        tokio::select! {
            done = &mut other => return done,
            Some(()) = in_hand.next(), if !in_hand.is_empty() => {}
        }
    }
}
