//! Each call of a PowerDNS server in its span, counted and timed.

use chassis::telemetry::{meter, seconds};
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram},
};
use reqwest::StatusCode;
use tokio::time::Instant;
use tracing::{Instrument, field::Empty};

/// The instruments. Make them after telemetry was started.
#[derive(Clone, Debug)]
pub(super) struct Calls {
    count: Counter<u64>,
    duration: Histogram<f64>,
}

impl Calls {
    pub(super) fn new() -> Self {
        let meter = meter("dns-manager");
        let count = meter
            .u64_counter("powerdns.calls")
            .with_description("Calls of PowerDNS's API, by operation and HTTP status")
            .build();
        let what = "Time to the end of PowerDNS's answer";
        Self { count, duration: seconds(&meter, "powerdns.call.duration", what) }
    }

    /// Makes a call; `operation` is one of the few that there are, such as `reading`.
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
        if status.is_none_or(|it| it.is_server_error()) {
            span.record("otel.status_code", "ERROR");
        }
        span.record("http.response.status_code", status.map(|it| it.as_u16()));
        let operation = KeyValue::new("operation", operation);
        let outcome = status.map_or_else(|| "no_answer".to_owned(), |it| it.as_str().to_owned());
        self.count.add(1, &[operation.clone(), KeyValue::new("outcome", outcome)]);
        self.duration.record(began.elapsed().as_secs_f64(), &[operation]);
        result
    }
}
