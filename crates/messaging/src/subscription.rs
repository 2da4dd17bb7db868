//! A subscription to a queue, and what is in hand from it.

use std::pin::{Pin, pin};

use futures_util::{StreamExt, stream::FuturesUnordered};
use lapin::{
    Channel, Consumer,
    message::Delivery as Received,
    options::{BasicCancelOptions, BasicNackOptions},
};

use crate::{Result, line::within};

/// Answers go to the broker through the channel, so it stays until the last one is given.
pub(crate) struct Subscription {
    pub(crate) channel: Channel,
    pub(crate) consumer: Consumer,
}

impl Subscription {
    /// Has messages handled until the subscription or the service ends; whether it was the service.
    pub(crate) async fn attend<F: Future<Output = ()>>(
        &mut self,
        queue: &str,
        prefetch: usize,
        in_hand: &mut FuturesUnordered<F>,
        begin: impl Fn(Received) -> F,
        mut shutdown: Pin<&mut (impl Future<Output = ()> + Send)>,
    ) -> bool {
        loop {
            // Some may be left in hand from an earlier subscription.
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

    /// Has the broker send no more, and gives back what came and was not begun.
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

/// Has a message come again.
pub(crate) async fn requeue(received: &Received) -> Result<()> {
    let again = BasicNackOptions { requeue: true, ..BasicNackOptions::default() };
    within(async {
        received.nack(again).await?;
        Ok(())
    })
    .await
}

/// Goes on with what is in hand until `other` is done.
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
