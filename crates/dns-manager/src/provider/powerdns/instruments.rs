//! The span, the count and the duration of each call of a PowerDNS server.

use chassis::telemetry::{meter, seconds};
use egress::StatusCode;
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram},
};
use tokio::time::Instant;
use tracing::{Instrument, field::Empty};

/// The metrics of calls. Make them after the start of telemetry.
#[derive(Clone, Debug)]
pub(super) struct Instruments {
    count: Counter<u64>,
    duration: Histogram<f64>,
}

impl Instruments {
    pub(super) fn new() -> Self {
        let meter = meter("dns-manager");
        let count = meter
            .u64_counter("powerdns.calls")
            .with_description("Calls of PowerDNS's API, by operation and HTTP status")
            .build();
        let description = "Time to the end of PowerDNS's answer";
        Self { count, duration: seconds(&meter, "powerdns.call.duration", description) }
    }

    /// Awaits a call within its span. `operation` is a word from a fixed list, such as `reading`.
    pub(super) async fn observe<T, E>(
        &self,
        operation: &'static str,
        server: &str,
        call: impl Future<Output = Result<(StatusCode, T), E>>,
    ) -> Result<(StatusCode, T), E> {
        let span = tracing::info_span!(
            "powerdns call",
            otel.name = format!("powerdns {operation}"),
            otel.kind = "client",
            otel.status_code = Empty,
            operation,
            dns_server = server,
            http.response.status_code = Empty,
        );
        let began = Instant::now();
        let result = call.instrument(span.clone()).await;
        let status = result.as_ref().ok().map(|(status, _)| *status);
        if status.is_none_or(|status| status.is_server_error()) {
            span.record("otel.status_code", "ERROR");
        }
        span.record("http.response.status_code", status.map(|status| status.as_u16()));
        let operation = KeyValue::new("operation", operation);
        let outcome =
            status.map_or_else(|| "no_answer".to_owned(), |status| status.as_str().to_owned());
        self.count.add(1, &[operation.clone(), KeyValue::new("outcome", outcome)]);
        self.duration.record(began.elapsed().as_secs_f64(), &[operation]);
        result
    }
}
