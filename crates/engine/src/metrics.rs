//! Counts and times jobs and their steps for Prometheus, and gives each step a span.

use std::{sync::Arc, time::Duration};

use chassis::telemetry::{meter, seconds};
use model::job::{Job, JobKind, JobStatus};
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram},
};
use store::{Result, recovery::Swept};
use tokio::time::Instant;
use tracing::{Instrument, Span, field::Empty};

use crate::outcome::{Halt, Outcome};

/// The instruments; clones share them. Make them after the start of telemetry.
#[derive(Clone)]
pub(crate) struct Metrics(Arc<Instruments>);

struct Instruments {
    turns: Counter<u64>,
    duration: Histogram<f64>,
    start_delay: Histogram<f64>,
    steps: Counter<u64>,
    step_duration: Histogram<f64>,
    recovered: Counter<u64>,
}

/// Whether a step runs or is undone.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Run,
    Undo,
}

impl Metrics {
    /// Makes the instruments with this process's meter.
    pub(crate) fn new() -> Self {
        let meter = meter("engine");
        let counter =
            |name, what: &'static str| meter.u64_counter(name).with_description(what).build();
        let instruments = Instruments {
            turns: counter("job.turns", "Claims of jobs, by outcome"),
            duration: meter
                .f64_histogram("job.duration")
                .with_description("Time from the filing of a job to its end")
                .with_unit("s")
                .with_boundaries(vec![
                    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0,
                ])
                .build(),
            start_delay: seconds(&meter, "job.start.delay", "Time from filing to the first claim"),
            steps: counter("job.steps", "Steps of jobs, by outcome"),
            step_duration: seconds(&meter, "job.step.duration", "Time that a step took"),
            recovered: counter("job.recovered", "Jobs that the sweeper found lost and woke again"),
        };
        let metrics = Self(Arc::new(instruments));
        metrics.swept(Swept::default());
        metrics.unwoken(0);
        metrics
    }

    /// Records the delay before a job's first claim.
    pub(crate) fn claimed(&self, job: &Job) {
        if let (1, Some(started_at)) = (job.epoch, job.started_at) {
            let delay = (started_at - job.created_at).as_seconds_f64().max(0.0);
            self.0.start_delay.record(delay, &[kind(job.kind)]);
        }
    }

    /// Records the outcome of a claim, also on the current span, which is the job's.
    pub(crate) fn turned(&self, job: JobKind, outcome: &Result<Outcome>) {
        let outcome = match outcome {
            Ok(Outcome::Ended(status)) => status.as_str(),
            Ok(Outcome::Later(_)) => "retry",
            Ok(Outcome::Waiting) => "waiting",
            Ok(Outcome::GivenBack) => "given_back",
            Ok(Outcome::Crashed) | Err(_) => "lost",
        };
        self.0.turns.add(1, &[kind(job), KeyValue::new("outcome", outcome)]);
        let span = Span::current();
        span.record("outcome", outcome);
        if ["failed", "stuck", "lost"].contains(&outcome) {
            span.record("otel.status_code", "ERROR");
        }
    }

    /// Records the time from a job's filing to its end, or to its getting stuck.
    pub(crate) fn ended(&self, job: JobKind, status: JobStatus, age: Duration) {
        let labels = [kind(job), KeyValue::new("outcome", status.as_str())];
        self.0.duration.record(age.as_secs_f64(), &labels);
    }

    /// Counts the jobs that the sweeper found. The call with zeros at the start creates the series.
    pub(crate) fn swept(&self, swept: Swept) {
        for (reason, jobs) in [("lease_ended", swept.taken_back), ("overdue", swept.woken)] {
            self.0.recovered.add(jobs, &[KeyValue::new("reason", reason)]);
        }
    }

    /// Counts jobs that were claimed without a wake-up.
    pub(crate) fn unwoken(&self, jobs: u64) {
        self.0.recovered.add(jobs, &[KeyValue::new("reason", "no_wake_up")]);
    }

    /// Runs a step's `work` in a span of its own, and counts and times it.
    pub(crate) async fn step<T>(
        &self,
        job: JobKind,
        step: &'static str,
        act: Act,
        work: impl Future<Output = std::result::Result<T, Halt>>,
    ) -> std::result::Result<T, Halt> {
        let act = match act {
            Act::Run => "run",
            Act::Undo => "undo",
        };
        let name = format!("{act} {step}");
        let span = tracing::info_span!(
            "step",
            otel.name = name,
            step,
            outcome = Empty,
            otel.status_code = Empty
        );
        let began = Instant::now();
        let result = work.instrument(span.clone()).await;
        let outcome = match &result {
            Ok(_) => "done",
            Err(Halt::Fault(fault)) => {
                span.record("otel.status_code", "ERROR");
                fault.kind.as_str()
            }
            Err(Halt::Stop(_)) => "stopped",
        };
        span.record("outcome", outcome);
        let labels = [kind(job), KeyValue::new("step", step), KeyValue::new("act", act)];
        self.0.step_duration.record(began.elapsed().as_secs_f64(), &labels);
        let [job, step, act] = labels;
        self.0.steps.add(1, &[job, step, act, KeyValue::new("outcome", outcome)]);
        result
    }
}

fn kind(kind: JobKind) -> KeyValue {
    KeyValue::new("kind", kind.as_str())
}
