//! Counts and times sweeps, for Prometheus.

use std::time::Duration;

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram},
};

/// The instruments. Make them after the start of telemetry.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    sweeps: Counter<u64>,
    duration: Histogram<f64>,
}

impl Metrics {
    /// Makes the instruments with this service's meter.
    pub(crate) fn new() -> Self {
        let meter = chassis::telemetry::meter("drift-reconciler");
        let sweeps = meter
            .u64_counter("drift.sweeps")
            .with_description("Sweeps of servers, by outcome")
            .build();
        let duration = meter
            .f64_histogram("drift.sweep.duration")
            .with_description("Time from the claim of a server to the result")
            .with_unit("s")
            .with_boundaries(vec![0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0])
            .build();
        Self { sweeps, duration }
    }

    pub(crate) fn swept(&self, outcome: &'static str, elapsed: Duration) {
        self.sweeps.add(1, &[KeyValue::new("outcome", outcome)]);
        self.duration.record(elapsed.as_secs_f64(), &[]);
    }
}
