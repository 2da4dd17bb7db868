//! Counts and times calls of remote programs, for Prometheus.

use std::time::Duration;

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram},
};

use super::program::Program;

/// The instruments. Make them after telemetry was started.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    count: Counter<u64>,
    duration: Histogram<f64>,
}

impl Calls {
    /// Instruments of this service's meter.
    pub(crate) fn new() -> Self {
        let meter = chassis::telemetry::meter("virtualmin-gateway");
        let count = meter
            .u64_counter("virtualmin.calls")
            .with_description("Calls of remote programs, by program and outcome")
            .build();
        let duration = meter
            .f64_histogram("virtualmin.call.duration")
            .with_description("Time to the end of the answer")
            .with_unit("s")
            .with_boundaries(vec![0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0])
            .build();
        Self { count, duration }
    }

    /// Counts one call; `outcome` is `ok`, `failure` or the name of a fault's kind.
    pub(crate) fn record(&self, program: Program, outcome: &'static str, elapsed: Duration) {
        let program = KeyValue::new("program", program.name());
        self.count.add(1, &[program.clone(), KeyValue::new("outcome", outcome)]);
        self.duration.record(elapsed.as_secs_f64(), &[program]);
    }
}
