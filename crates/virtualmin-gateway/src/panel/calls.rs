//! Records each call of a remote program: a span, a count and a duration.

use model::ids::ServerId;
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram},
};
use tokio::time::Instant;
use tracing::{Instrument, field::Empty};

use super::{faults::Error, request::Request};

/// The instruments. Create them after telemetry has started.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    count: Counter<u64>,
    errors: Counter<u64>,
    duration: Histogram<f64>,
}

impl Calls {
    /// Instruments of this service's meter, under the names that operators know from before.
    pub(crate) fn new() -> Self {
        let meter = chassis::telemetry::meter("virtualmin-gateway");
        let count = meter
            .u64_counter("virtualmin.requests")
            .with_description("Calls of remote programs, by program and outcome")
            .build();
        let errors = meter
            .u64_counter("virtualmin.errors")
            .with_description("Calls of remote programs that failed, by program and kind")
            .build();
        let duration = meter
            .f64_histogram("virtualmin.request.duration")
            .with_description("Time to the end of the answer")
            .with_unit("s")
            .with_boundaries(vec![0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0])
            .build();
        Self { count, errors, duration }
    }

    /// Runs one call in its span. The outcome is `ok`, `failure` or the name of a fault's kind.
    pub(super) async fn observe<T>(
        &self,
        server: ServerId,
        request: &Request,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let program = request.program().name;
        let span = tracing::info_span!(
            "panel call",
            otel.name = format!("panel {program}"),
            otel.kind = "client",
            otel.status_code = Empty,
            server.id = %server,
            program,
            domain = request.domain(),
            outcome = Empty,
            elapsed_ms = Empty,
        );
        let began = Instant::now();
        let result = call.instrument(span.clone()).await;
        let outcome = match &result {
            Ok(_) => "ok",
            Err(Error::Program(_)) => "failure",
            Err(Error::Fault(fault)) => {
                span.record("otel.status_code", "ERROR");
                fault.kind.as_str()
            }
        };
        let elapsed = began.elapsed().as_secs_f64();
        span.record("outcome", outcome).record("elapsed_ms", elapsed * 1000.0);
        span.in_scope(|| tracing::debug!(outcome, "called a remote program"));
        let program = KeyValue::new("program", program);
        self.count.add(1, &[program.clone(), KeyValue::new("status", outcome)]);
        // A program without a failure shows 0, so that an alert sees its first one.
        let kind = if result.is_ok() { "failure" } else { outcome };
        let failed = u64::from(result.is_err());
        self.errors.add(failed, &[program.clone(), KeyValue::new("type", kind)]);
        self.duration.record(elapsed, &[program]);
        result
    }
}
