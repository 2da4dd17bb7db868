//! Counts over whole tables, for Prometheus: jobs that have not ended, the outbox, open findings.
//!
//! Every replica counts on its own schedule. A scrape reads the last counts and never waits for the database.
//! All replicas report the same numbers, so a query takes the greatest. Old numbers are no longer shown.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chassis::{Shutdown, telemetry::meter};
use model::{
    drift::Field,
    job::{JobStatus, Queue},
};
use opentelemetry::{KeyValue, metrics::AsyncInstrument};
use store::{Result, Store, backlog::Unfinished, outbox::OutboxLag};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// How often to count.
const EVERY: Duration = Duration::from_secs(10);
/// How long one count may take.
const LIMIT: Duration = Duration::from_secs(10);
/// How long a count is shown.
const FRESH: Duration = Duration::from_secs(60);
/// The statuses of jobs that have not ended.
const UNFINISHED: [JobStatus; 5] = [
    JobStatus::Pending,
    JobStatus::Running,
    JobStatus::Waiting,
    JobStatus::Unwinding,
    JobStatus::Stuck,
];

/// The counts of one moment.
struct Counts {
    at: Instant,
    jobs: Vec<Unfinished>,
    outbox: OutboxLag,
    findings: BTreeMap<Field, u64>,
}

/// The last counts, shared with the gauges.
#[derive(Clone, Default)]
struct Last(Arc<Mutex<Option<Counts>>>);

/// Counts every [`EVERY`] until `shutdown`.
pub(crate) async fn keep_counting(store: Store, shutdown: Shutdown) -> anyhow::Result<()> {
    let last = Last::default();
    show(&last);
    let (mut ticks, mut troubled) = (interval(EVERY), false);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.requested() => return Ok(()),
            _ = ticks.tick() => {}
        }
        let trouble = match timeout(LIMIT, count(&store)).await {
            Ok(Ok(counts)) => {
                last.set(counts);
                None
            }
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("it took too long".to_owned()),
        };
        match trouble {
            Some(error) if !std::mem::replace(&mut troubled, true) => {
                tracing::warn!(error, "jobs and findings were not counted");
            }
            Some(_) => {}
            None => troubled = false,
        }
    }
}

async fn count(store: &Store) -> Result<Counts> {
    Ok(Counts {
        at: Instant::now(),
        jobs: store.unfinished_jobs().await?,
        outbox: store.outbox_lag().await?,
        findings: store.open_findings().await?,
    })
}

impl Last {
    fn set(&self, counts: Counts) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(counts);
    }

    fn read(&self, now: Instant, read: impl FnOnce(&Counts)) {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counts) = counts.as_ref().filter(|it| now < it.at + FRESH) {
            read(counts);
        }
    }
}

impl Counts {
    /// The jobs of a queue in a status; `None` if there are none.
    fn jobs(&self, queue: Queue, status: JobStatus) -> Option<&Unfinished> {
        self.jobs.iter().find(|it| (it.queue, it.status) == (queue, status))
    }

    /// The greatest of a duration over the statuses of a queue.
    fn longest(&self, queue: Queue, what: impl Fn(&Unfinished) -> Duration) -> f64 {
        let of_queue = self.jobs.iter().filter(|it| it.queue == queue);
        of_queue.map(what).max().unwrap_or_default().as_secs_f64()
    }
}

/// Makes the gauges. They read the last counts at each scrape.
fn show(last: &Last) {
    let meter = meter("drift-reconciler");
    let number_gauge = |name, what: &'static str, read: fn(&Counts, &dyn AsyncInstrument<u64>)| {
        let last = last.clone();
        let gauge = meter.u64_observable_gauge(name).with_description(what);
        gauge
            .with_callback(move |observer| {
                last.read(Instant::now(), |counts| read(counts, observer))
            })
            .build();
    };
    let age_gauge = |name, what: &'static str, read: fn(&Counts, &dyn AsyncInstrument<f64>)| {
        let last = last.clone();
        let gauge = meter.f64_observable_gauge(name).with_description(what).with_unit("s");
        gauge
            .with_callback(move |observer| {
                last.read(Instant::now(), |counts| read(counts, observer))
            })
            .build();
    };
    number_gauge("job.unfinished", "Jobs that have not ended", |counts, gauge| {
        for (queue, status) in pairs() {
            let jobs = counts.jobs(queue, status).map_or(0, |it| it.jobs);
            gauge.observe(jobs, &[of(queue), KeyValue::new("status", status.as_str())]);
        }
    });
    age_gauge("job.oldest.age", "Age of the oldest job that has not ended", |counts, gauge| {
        for queue in Queue::ALL {
            gauge.observe(counts.longest(queue, |it| it.oldest), &[of(queue)]);
        }
    });
    number_gauge("job.queue.depth", "Jobs that are due and not claimed", |counts, gauge| {
        for queue in Queue::ALL {
            let of_queue = counts.jobs.iter().filter(|it| it.queue == queue);
            gauge.observe(of_queue.map(|it| it.due).sum(), &[of(queue)]);
        }
    });
    age_gauge("job.queue.age", "Longest wait of a job that is due", |counts, gauge| {
        for queue in Queue::ALL {
            gauge.observe(counts.longest(queue, |it| it.longest_wait), &[of(queue)]);
        }
    });
    number_gauge("outbox.depth", "Messages that are due and not published", |counts, gauge| {
        gauge.observe(u64::try_from(counts.outbox.rows).unwrap_or_default(), &[]);
    });
    age_gauge("outbox.age", "Longest wait of a message that is due", |counts, gauge| {
        gauge.observe(counts.outbox.oldest_seconds, &[]);
    });
    number_gauge("drift.findings.open", "Open findings that are not accepted", |counts, gauge| {
        for (field, open) in &counts.findings {
            gauge.observe(*open, &[KeyValue::new("field", field.as_str())]);
        }
    });
}

fn pairs() -> impl Iterator<Item = (Queue, JobStatus)> {
    Queue::ALL.into_iter().flat_map(|queue| UNFINISHED.map(|status| (queue, status)))
}

fn of(queue: Queue) -> KeyValue {
    KeyValue::new("queue", queue.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_is_too_old_is_not_shown() {
        let (last, at) = (Last::default(), Instant::now());
        let shown = |now| {
            let mut shown = false;
            last.read(now, |_| shown = true);
            shown
        };
        assert!(!shown(at), "nothing was counted");
        let outbox = OutboxLag { rows: 0, oldest_seconds: 0.0 };
        last.set(Counts { at, jobs: Vec::new(), outbox, findings: BTreeMap::new() });
        assert!(shown(at) && !shown(at + FRESH));
    }

    #[test]
    fn ages_are_the_greatest_of_a_queue_and_numbers_their_sum() {
        let unfinished = |queue, status, age| Unfinished {
            queue,
            status,
            jobs: 2,
            oldest: Duration::from_secs(age),
            due: 1,
            longest_wait: Duration::from_secs(age / 2),
        };
        let (dns, bulk) = (Queue::Dns, Queue::Bulk);
        let jobs = vec![
            unfinished(dns, JobStatus::Pending, 40),
            unfinished(dns, JobStatus::Stuck, 90),
            unfinished(bulk, JobStatus::Pending, 200),
        ];
        let outbox = OutboxLag { rows: 0, oldest_seconds: 0.0 };
        let counts = Counts { at: Instant::now(), jobs, outbox, findings: BTreeMap::new() };
        assert!((counts.longest(dns, |it| it.oldest) - 90.0).abs() < 0.01);
        assert!(counts.longest(Queue::Sync, |it| it.oldest) < 0.01);
        assert_eq!(counts.jobs(dns, JobStatus::Stuck).map(|it| it.jobs), Some(2));
        assert_eq!(counts.jobs(dns, JobStatus::Running), None);
    }
}
