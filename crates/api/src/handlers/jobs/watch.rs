//! `WatchJob`: a watcher reads its job again whenever the job may have changed.

use std::time::{Duration, Instant};

use contracts::provisioning::v1;
use futures_util::{Stream, stream};
use model::{
    fault::{Fault, FaultKind},
    ids::JobId,
};
use tokio::{sync::broadcast, time::timeout};

use crate::{
    caller::{Api, Caller},
    handlers::jobs,
    shares::{Holder, Place},
    validation,
    watch::Notice,
};

/// The longest time between two reads, in case a notice is lost.
const PERIOD: Duration = Duration::from_secs(15);

/// Sends the job as it is, then each change, until the job is final, the token ends or the service stops.
///
/// # Errors
///
/// Before the first message: an unknown job, or too many watchers. Later: `Unauthenticated` once the token has ended.
pub(crate) async fn watch_job(
    api: Api,
    caller: Caller,
    request: v1::WatchJobRequest,
) -> Result<impl Stream<Item = Result<v1::Job, Fault>> + Send + 'static, Fault> {
    let id = validation::id(&request.id)?;
    // The subscription starts before the first read, so that no change is missed in between.
    let holder = caller.holder.ok_or_else(|| Fault::internal("a watch without a token"))?;
    let (place, notices) = api.watches.subscribe(holder).await?;
    jobs::find(&api, &caller, id).await?;
    let watcher = Watcher {
        api,
        caller,
        holder,
        checked: Instant::now(),
        id,
        notices,
        last: None,
        ended: false,
        _place: place,
    };
    Ok(stream::unfold(watcher, |mut watcher| async {
        let next = watcher.next().await?;
        Some((next, watcher))
    }))
}

/// A watcher of one job.
struct Watcher {
    api: Api,
    caller: Caller,
    holder: Holder,
    /// The time when the token was good.
    checked: Instant,
    id: JobId,
    notices: broadcast::Receiver<Notice>,
    last: Option<v1::Job>,
    ended: bool,
    _place: Place,
}

impl Watcher {
    /// The next message; `None` after a final status or a fault.
    async fn next(&mut self) -> Option<Result<v1::Job, Fault>> {
        while !self.ended {
            if self.last.is_some() && !self.may_have_changed().await {
                return None;
            }
            match self.look().await {
                Ok(job) if self.last.as_ref().is_some_and(|last| is_same(last, &job)) => {}
                Ok(job) => {
                    self.last = Some(job.clone());
                    return Some(Ok(job));
                }
                Err(fault) => {
                    self.ended = true;
                    return Some(Err(fault));
                }
            }
        }
        None
    }

    async fn look(&mut self) -> Result<v1::Job, Fault> {
        self.check_token().await?;
        let job = jobs::find(&self.api, &self.caller, self.id).await?;
        self.ended = job.job.status.is_final();
        jobs::whole(&self.api.store, &job).await
    }

    /// Looks the token up again if that was long ago, since it may have been revoked or have expired meanwhile.
    async fn check_token(&mut self) -> Result<(), Fault> {
        if self.checked.elapsed() < self.api.watches.check {
            return Ok(());
        }
        if !self.api.store.is_token_good(self.holder.token).await? {
            let why = "the token of this watch was revoked or has expired; the job goes on";
            return Err(Fault::new(FaultKind::Unauthenticated, why));
        }
        self.checked = Instant::now();
        Ok(())
    }

    /// Waits for a reason to read again; `false` if the service stops.
    async fn may_have_changed(&mut self) -> bool {
        let watches = self.api.watches.clone();
        let period = PERIOD.min(watches.check.saturating_sub(self.checked.elapsed()));
        tokio::select! {
            () = watches.stopped() => false,
            // A timeout and a notice both mean that the job should be read.
            _ = timeout(period, self.noticed()) => true,
        }
    }

    async fn noticed(&mut self) {
        loop {
            match self.notices.recv().await {
                Ok(Some(id)) if id != self.id => {}
                // `api` keeps the sender alive, so this is a notice, or an error because too many were
                // missed.
                Ok(_) | Err(_) => return,
            }
        }
    }
}

/// Whether two reads of a job are equal. The estimated start moves with the clock, so it does not count. The place in the
/// queue is read last, so one that is missing belongs to a change that the next read tells.
fn is_same(before: &v1::Job, now: &v1::Job) -> bool {
    let has_place = now.queue_position.is_some();
    let without_estimate = |job: &v1::Job| v1::Job {
        estimated_start_at: None,
        queue_position: job.queue_position.filter(|_| has_place),
        ..job.clone()
    };
    without_estimate(before) == without_estimate(now)
}
