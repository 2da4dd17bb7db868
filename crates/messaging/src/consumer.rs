//! Takes messages from a queue, for as long as the service lives.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    time::Duration,
};

use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use lapin::{
    Channel, Consumer,
    message::Delivery as Received,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions, BasicRejectOptions,
    },
    types::{AMQPValue, FieldTable, LongString},
};
use tokio::time::timeout;
use tracing::Instrument;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{
    Broker, Delivery, Result, Verdict,
    broker::{close, within},
    publisher::{confirmed, send},
    topology,
};

/// Between attempts while the broker is away.
const PAUSE: Duration = Duration::from_millis(500);

impl Broker {
    /// Gives each message of `queue` to `handler`, at most `prefetch` at a time, until `shutdown`; then
    /// waits for those in hand. Lost connections are made again.
    pub async fn consume<H: Future<Output = Verdict> + Send>(
        &self,
        queue: &str,
        prefetch: u16,
        handler: impl Fn(Delivery) -> H + Send + Sync,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<()> {
        let (mut shutdown, mut troubled) = (pin!(shutdown), false);
        loop {
            let subscribed = tokio::select! {
                () = &mut shutdown => return Ok(()),
                subscribed = self.subscribe(queue, prefetch) => subscribed,
            };
            match subscribed {
                Ok((channel, consumer)) => {
                    if std::mem::take(&mut troubled) {
                        tracing::info!(queue, "consuming again");
                    }
                    let stopped = self.handle(queue, consumer, &handler, shutdown.as_mut()).await;
                    close(&channel).await;
                    if stopped {
                        return Ok(());
                    }
                    tracing::info!(queue, "the broker ended the subscription");
                }
                Err(error) => {
                    if !std::mem::replace(&mut troubled, true) {
                        tracing::warn!(%error, queue, "cannot consume yet");
                    }
                }
            }
            // `Ok` means that the pause was cut short.
            if timeout(PAUSE, &mut shutdown).await.is_ok() {
                return Ok(());
            }
        }
    }

    async fn subscribe(&self, queue: &str, prefetch: u16) -> Result<(Channel, Consumer)> {
        let channel = self.channel().await?;
        // A queue may be gone while the connection lives.
        within(topology::declare(&channel, self.prefix())).await?;
        let consumer = within(async {
            channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
            let options = BasicConsumeOptions::default();
            let name = self.named(queue);
            Ok(channel
                .basic_consume(name.as_str().into(), "".into(), options, FieldTable::default())
                .await?)
        })
        .await?;
        Ok((channel, consumer))
    }

    /// Handles messages until the subscription or the service ends; whether it was the service.
    async fn handle<H: Future<Output = Verdict> + Send>(
        &self,
        queue: &str,
        mut consumer: Consumer,
        handler: &(impl Fn(Delivery) -> H + Send + Sync),
        mut shutdown: Pin<&mut (impl Future<Output = ()> + Send)>,
    ) -> bool {
        let mut in_hand = FuturesUnordered::new();
        let stopped = loop {
            tokio::select! {
                () = &mut shutdown => break true,
                received = consumer.next() => match received {
                    Some(Ok(received)) => in_hand.push(self.one(queue, received, handler)),
                    Some(Err(error)) => {
                        tracing::debug!(%error, queue, "the subscription broke");
                        break false;
                    }
                    None => break false,
                },
                Some(()) = in_hand.next(), if !in_hand.is_empty() => {}
            }
        };
        while in_hand.next().await.is_some() {}
        stopped
    }

    async fn one<H: Future<Output = Verdict> + Send>(
        &self,
        queue: &str,
        received: Received,
        handler: &(impl Fn(Delivery) -> H + Send + Sync),
    ) {
        let delivery = Delivery::from(&received);
        let span = span(queue, &delivery);
        let handling = AssertUnwindSafe(handler(delivery)).catch_unwind().instrument(span);
        // A panic is logged by its hook; the message comes again, up to the delivery limit.
        let verdict = handling.await.unwrap_or(Verdict::Requeue);
        if let Err(error) = self.settle(queue, &received, verdict).await {
            tracing::debug!(%error, queue, "the broker did not hear what became of a message");
        }
    }

    async fn settle(&self, queue: &str, received: &Received, verdict: Verdict) -> Result<()> {
        match verdict {
            Verdict::Ack => received.ack(BasicAckOptions::default()).await?,
            Verdict::Requeue => {
                let again = BasicNackOptions { requeue: true, ..Default::default() };
                received.nack(again).await?
            }
            Verdict::Dead { reason } => match self.bury(queue, received, &reason).await {
                Ok(()) => received.ack(BasicAckOptions::default()).await?,
                Err(error) => {
                    tracing::warn!(%error, queue, "a dead letter goes without its reason");
                    received.reject(BasicRejectOptions { requeue: false }).await?
                }
            },
        };
        Ok(())
    }

    /// Publishes a copy to the dead-letter queue, with the reason.
    async fn bury(&self, queue: &str, received: &Received, reason: &str) -> Result<()> {
        let text = |it: &str| AMQPValue::LongString(LongString::from(it));
        let mut headers = received.properties.headers().clone().unwrap_or_default();
        headers.insert("x-praho-reason".into(), text(reason));
        headers.insert("x-praho-queue".into(), text(queue));
        headers.insert("x-praho-routing-key".into(), text(received.routing_key.as_str()));
        let grave = topology::dead(queue);
        let properties = received.properties.clone().with_delivery_mode(2).with_headers(headers);
        let exchange = self.named(store::outbox::DEAD);
        let channel = self.confirming_channel().await?;
        let sent =
            send(&channel, &exchange, &self.named(&grave), &received.data, properties).await?;
        confirmed(sent, store::outbox::DEAD, &grave).await?;
        close(&channel).await;
        Ok(())
    }
}

fn span(queue: &str, delivery: &Delivery) -> tracing::Span {
    let span = tracing::info_span!(
        "consume",
        messaging.system = "rabbitmq",
        messaging.destination.name = queue,
        messaging.message.id = delivery.message_id,
        correlation_id = delivery.correlation_id,
    );
    if let Some(traceparent) = &delivery.traceparent {
        let carrier = HashMap::from([("traceparent".to_owned(), traceparent.clone())]);
        let parent = opentelemetry::global::get_text_map_propagator(|it| it.extract(&carrier));
        if let Err(error) = span.set_parent(parent) {
            tracing::trace!(%error, "the span keeps its own trace");
        }
    }
    span
}
