//! Keeps a job's lease while a step works, and stops the step when the lease is lost.

use std::time::Duration;

use store::{Error, Store, claims::Hold};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// The result of work under a renewed lease.
pub(crate) struct Kept<T> {
    pub(crate) result: T,
    /// A renewal found a request to cancel the job.
    pub(crate) cancel_requested: bool,
}

/// Runs `work` and renews the lease every third of its length.
///
/// Failed renewals are retried until the lease has expired by this process's clock. Another worker may then
/// have the job, so `work` is dropped.
pub(crate) async fn keep<T>(
    store: &Store,
    hold: Hold,
    lease: Duration,
    work: impl Future<Output = T>,
) -> Result<Kept<T>, Error> {
    let mut work = std::pin::pin!(work);
    let mut beat = interval_at(Instant::now() + lease / 3, lease / 3);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut until, mut cancel_requested) = (Instant::now() + lease, false);
    loop {
        tokio::select! {
            biased;
            result = &mut work => return Ok(Kept { result, cancel_requested }),
            _ = beat.tick() => {
                let began = Instant::now();
                // The step continues during the renewal.
                let renewal = tokio::time::timeout_at(until, store.renew(hold, lease));
                tokio::select! {
                    biased;
                    result = &mut work => return Ok(Kept { result, cancel_requested }),
                    renewed = renewal => match renewed {
                        Ok(Ok(cancel)) => {
                            cancel_requested |= cancel;
                            until = began + lease;
                        }
                        Ok(Err(Error::LeaseLost)) | Err(_) => return Err(Error::LeaseLost),
                        Ok(Err(error)) if Instant::now() >= until => return Err(error),
                        Ok(Err(error)) => {
                            tracing::warn!(%error, job.id = %hold.job, "the lease was not renewed");
                        }
                    },
                }
            }
        }
    }
}
