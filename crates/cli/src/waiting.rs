//! Waiting, but not for ever; and watching a job until nothing more happens to it by itself.

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

/// Between two looks.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);
/// Tries in a row without a word from the API.
pub(crate) const TRIES: u32 = 5;

/// What `work` comes to, if that is within `limit`.
///
/// # Errors
/// Longer than that, interrupted, or those of the work.
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

/// Shows the job until it has ended or is stuck, and gives it as it is then.
///
/// # Errors
/// Longer than `limit`, interrupted, or the API cannot be asked.
pub(crate) async fn watch(session: &Session, id: &str, limit: Duration) -> Result<Job, Failure> {
    patiently(Awaited::Job(id.to_owned()), limit, follow(session, id)).await
}

/// Whether the job ended as it was to.
///
/// # Errors
/// It did not.
pub(crate) fn verdict(job: &Job, wanted: JobStatus) -> Result<(), Failure> {
    if job.status == wanted.as_str() { Ok(()) } else { Err(Failure::Job(Box::new(job.clone()))) }
}

/// Watches anew when the watch breaks, as it does when the API restarts.
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

/// One watch, until the job is at rest.
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

/// Final, or waiting for a person.
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
