//! Waits with a limit, and watches a job until it has ended or is stuck.

use std::{future::Future, time::Duration};

use contracts::provisioning::v1::{Job, WatchJobRequest};
use model::{
    fault::{Fault, FaultKind},
    job::JobStatus,
};
use tokio::{
    signal::ctrl_c,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{awaited::Awaited, failure::Failure, progress::Progress, session::Session};

/// The pause between two looks.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);
/// Failed tries in a row before the command gives up.
pub(crate) const TRIES: u32 = 5;

/// The result of `work`, if it comes within `limit`.
///
/// # Errors
/// If `work` takes longer, is interrupted, or fails.
pub(crate) async fn patiently<T>(
    awaited: Awaited,
    limit: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        outcome = timeout(limit, work) => {
            outcome.unwrap_or_else(|_| Err(Failure::Unended { awaited, waited: limit }))
        }
        _ = ctrl_c() => Err(Failure::Interrupted(awaited)),
    }
}

/// Shows the job until it has ended or is stuck, and returns it.
///
/// # Errors
/// If it takes longer than `limit`, is interrupted, or the API does not answer.
pub(crate) async fn watch(session: &Session, id: &str, limit: Duration) -> Result<Job, Failure> {
    patiently(Awaited::Job(id.to_owned()), limit, follow(session, id)).await
}

/// Checks that the job ended in the `wanted` status.
///
/// # Errors
/// If it did not.
pub(crate) fn verdict(job: &Job, wanted: JobStatus) -> Result<(), Failure> {
    if job.status == wanted.as_str() { Ok(()) } else { Err(Failure::Job(Box::new(job.clone()))) }
}

/// Watches the job, and starts a new watch when one breaks, as it does when the API restarts.
async fn follow(session: &Session, id: &str) -> Result<Job, Failure> {
    let mut progress = Progress::new(session.output);
    let mut pause = interval(PAUSE);
    pause.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silent_tries = 0;
    loop {
        pause.tick().await;
        let before = silent_tries;
        let failure = match listen(session, id, &mut progress, &mut silent_tries).await {
            Ok(job) => return Ok(job),
            Err(failure) => failure,
        };
        if !failure.may_pass() || silent_tries >= TRIES {
            return Err(failure);
        }
        if before == 0 {
            progress.say(&format!("the watch of the job broke ({failure}); trying again"));
        }
    }
}

/// One watch, until the job has ended or is stuck.
async fn listen(
    session: &Session,
    id: &str,
    progress: &mut Progress,
    silent_tries: &mut u32,
) -> Result<Job, Failure> {
    *silent_tries += 1;
    let request = WatchJobRequest { id: id.to_owned() };
    let mut changes = session.client.read(session.client.jobs().watch_job(request)).await?;
    while let Some(job) = changes.message().await? {
        *silent_tries = 0;
        progress.show(job.clone());
        if is_at_rest(&job) {
            return Ok(job);
        }
    }
    Err(Fault::new(FaultKind::Unavailable, "the API has ended the watch").into())
}

/// Whether the job has ended, or waits for a person.
pub(crate) fn is_at_rest(job: &Job) -> bool {
    let status = JobStatus::ALL.into_iter().find(|it| it.as_str() == job.status);
    status.is_some_and(|it| it.is_final() || it == JobStatus::Stuck)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_happens_by_itself_to_an_ended_or_stuck_job() {
        let rests = |status: &str| is_at_rest(&Job { status: status.to_owned(), ..Job::default() });
        let resting: Vec<_> = JobStatus::ALL.into_iter().filter(|it| rests(it.as_str())).collect();
        use JobStatus::{Cancelled, Completed, Failed, Stuck};
        assert_eq!(resting, [Completed, Failed, Cancelled, Stuck]);
    }
}
