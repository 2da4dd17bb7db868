//! The spans and metrics of sent and processed messages, named after OpenTelemetry's messaging conventions.
//!
//! A message continues the trace of its outbox row: the span that sends it is a child of the span that wrote
//! the row, and the span that processes it is a child of the span that sent it.

use std::{collections::HashMap, time::Duration};

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
};
use store::outbox::OutboxRow;
use tokio::time::Instant;
use tracing::{Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{Delivery, Error, Result, Verdict, delivery::TRACEPARENT};

/// The label with the exchange and routing key, or with the queue; the names are without prefix.
const DESTINATION: &str = "messaging.destination.name";
/// Upper bounds of durations, in seconds.
const BOUNDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

/// The metrics of a relay. Create them after telemetry has started.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    sent: Counter<u64>,
    duration: Histogram<f64>,
}

/// Messages being sent.
pub(crate) struct Sending<'a> {
    sender: &'a Sender,
    began: Instant,
    messages: Vec<(String, Span)>,
}

impl Sender {
    pub(crate) fn new() -> Self {
        let meter = global::meter("messaging");
        let sent = meter
            .u64_counter("messaging.client.sent.messages")
            .with_description("Messages that were published, or were not")
            .build();
        let duration = meter
            .f64_histogram("messaging.client.operation.duration")
            .with_description("Time to the last confirm of a batch")
            .with_unit("s")
            .with_boundaries(BOUNDS.to_vec())
            .build();
        Self { sent, duration }
    }

    /// Starts a span for each message, which its receiver continues.
    pub(crate) fn begin(&self, rows: &mut [OutboxRow]) -> Sending<'_> {
        let messages = rows.iter_mut().map(|row| {
            let destination = format!("{}:{}", row.exchange, row.routing_key);
            let span = tracing::info_span!(
                parent: None,
                "send",
                otel.name = format!("send {}", row.exchange),
                otel.kind = "producer",
                otel.status_code = Empty,
                error.type = Empty,
                messaging.system = "rabbitmq",
                messaging.operation.name = "publish",
                messaging.operation.type = "send",
                messaging.destination.name = destination,
                messaging.message.id = %row.message_id,
                correlation_id = row.correlation_id,
            );
            below(&span, row.traceparent.as_deref());
            row.traceparent = traceparent(&span).or(row.traceparent.take());
            (destination, span)
        });
        Sending { sender: self, began: Instant::now(), messages: messages.collect() }
    }
}

impl Sending<'_> {
    /// Ends the spans with the results of the messages.
    pub(crate) fn end(self, results: &[Result<()>]) {
        self.sender.duration.record(self.began.elapsed().as_secs_f64(), &[]);
        for ((destination, span), result) in self.messages.into_iter().zip(results) {
            let error = result.as_ref().err().map_or("", kind);
            if !error.is_empty() {
                span.record("otel.status_code", "ERROR").record("error.type", error);
            }
            let labels =
                [KeyValue::new(DESTINATION, destination), KeyValue::new("error.type", error)];
            self.sender.sent.add(1, &labels);
        }
    }
}

/// The metrics of a queue's consumers.
#[derive(Clone, Debug)]
pub(crate) struct Processor {
    queue: String,
    duration: Histogram<f64>,
}

impl Processor {
    /// Create it after telemetry has started.
    pub(crate) fn new(queue: &str) -> Self {
        let duration = global::meter("messaging")
            .f64_histogram("messaging.process.duration")
            .with_description("Time to the verdict on a message")
            .with_unit("s")
            .with_boundaries(BOUNDS.to_vec())
            .build();
        Self { queue: queue.to_owned(), duration }
    }

    /// The span in which a message is processed.
    pub(crate) fn span(&self, delivery: &Delivery) -> Span {
        let span = tracing::info_span!(
            "process",
            otel.name = format!("process {}", self.queue),
            otel.kind = "consumer",
            messaging.system = "rabbitmq",
            messaging.operation.name = "process",
            messaging.operation.type = "process",
            messaging.destination.name = self.queue,
            messaging.message.id = delivery.message_id,
            correlation_id = delivery.correlation_id,
            outcome = Empty,
        );
        below(&span, delivery.traceparent.as_deref());
        span
    }

    /// Records the verdict, `elapsed` after the message came.
    pub(crate) fn decided(&self, span: &Span, verdict: &Verdict, elapsed: Duration) {
        let outcome = match verdict {
            Verdict::Ack => "ack",
            Verdict::Requeue => "requeue",
            Verdict::Dead { .. } | Verdict::Withheld { .. } => "dead",
        };
        span.record("outcome", outcome);
        let queue = KeyValue::new(DESTINATION, self.queue.clone());
        self.duration.record(elapsed.as_secs_f64(), &[queue, KeyValue::new("outcome", outcome)]);
    }
}

/// Makes `span` a child of the span in `traceparent`. Without one it begins a trace.
fn below(span: &Span, traceparent: Option<&str>) {
    let Some(traceparent) = traceparent else { return };
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    let parent = global::get_text_map_propagator(|it| it.extract(&carrier));
    if let Err(error) = span.set_parent(parent) {
        tracing::trace!(%error, "the span keeps its own trace");
    }
}

/// The `traceparent` that continues the trace of `span` elsewhere; `None` if telemetry has not started.
fn traceparent(span: &Span) -> Option<String> {
    let mut carrier = HashMap::new();
    global::get_text_map_propagator(|it| it.inject_context(&span.context(), &mut carrier));
    carrier.remove(TRACEPARENT)
}

/// The label of an error.
fn kind(error: &Error) -> &'static str {
    match error {
        Error::Timeout(_) => "timeout",
        Error::Blocked => "blocked",
        Error::Refused => "refused",
        Error::Unroutable { .. } => "unroutable",
        Error::Denied(_) => "denied",
        Error::Url
        | Error::Ca { .. }
        | Error::Prefix { .. }
        | Error::Amqp(_)
        | Error::Unconsumed { .. } => "broken",
    }
}
