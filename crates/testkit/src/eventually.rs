//! Waits for a condition without a guessed sleep.

use std::fmt::Debug;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

const INTERVAL: Duration = Duration::from_millis(25);
const LIMIT: Duration = Duration::from_secs(30);

/// Polls until `look` returns a value.
///
/// # Panics
/// After 30 seconds; the message names `what`.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    eventually_within(LIMIT, what, async || look().await.ok_or("nothing yet")).await
}

/// Polls until `look` returns `Ok`; its `Err` holds the present observation.
///
/// # Panics
/// After `limit`; the message names `what` and the last observation.
pub async fn eventually_within<T, O: Debug>(
    limit: Duration,
    what: &str,
    look: impl AsyncFnMut() -> Result<T, O>,
) -> T {
    match poll(limit, look).await {
        Ok(found) => found,
        Err(Some(last)) => panic!("{what}: not within {limit:?}; last seen: {last:?}"),
        Err(None) => panic!("{what}: not within {limit:?}; no look finished"),
    }
}

/// Polls until `look` returns `Ok`, as long as the observation in its `Err` keeps changing.
///
/// A time limit fails on a busy machine; a limit on the time without progress does not.
///
/// # Panics
/// When the observation has not changed for `stall`; the message names `what` and the last observation.
pub async fn eventually_by_progress<T, O: Debug + PartialEq>(
    stall: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<T, O>,
) -> T {
    let mut seen = None;
    loop {
        let step = poll(stall, async || match look().await {
            Ok(found) => Ok(Ok(found)),
            Err(now) if seen.as_ref().is_some_and(|seen| *seen == now) => Err(()),
            Err(now) => Ok(Err(now)),
        });
        match step.await {
            Ok(Ok(found)) => return found,
            Ok(Err(now)) => seen = Some(now),
            Err(_) => panic!("{what}: nothing has changed for {stall:?}; last seen: {seen:?}"),
        }
    }
}

/// Like [`eventually_within`], but returns the last observation instead of panicking.
///
/// `None` means that no look finished within `limit`.
pub async fn poll<T, O>(
    limit: Duration,
    mut look: impl AsyncFnMut() -> Result<T, O>,
) -> Result<T, Option<O>> {
    let deadline = Instant::now() + limit;
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = None;
    loop {
        ticks.tick().await;
        match tokio::time::timeout_at(deadline, look()).await {
            Ok(Ok(found)) => return Ok(found),
            Ok(Err(seen)) => last = Some(seen),
            Err(_) => return Err(last),
        }
        if Instant::now() >= deadline {
            return Err(last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn returns_the_result_of_the_successful_look() {
        let mut looks = 0;
        let found = eventually("three looks", async || {
            looks += 1;
            (looks == 3).then_some(looks)
        })
        .await;
        assert_eq!(found, 3);
    }

    #[tokio::test]
    #[should_panic(expected = "the moon: not within 60ms; last seen: \"clouds\"")]
    async fn the_error_names_the_condition_and_the_last_observation() {
        let limit = Duration::from_millis(60);
        eventually_within::<(), _>(limit, "the moon", async || Err("clouds")).await;
    }

    #[tokio::test]
    async fn waits_longer_than_its_bound_while_something_changes() {
        let bound = Duration::from_millis(200);
        let (start, mut looks) = (Instant::now(), 0);
        eventually_by_progress(bound, "many looks", async || {
            looks += 1;
            if start.elapsed() > bound * 2 { Ok(()) } else { Err(looks) }
        })
        .await;
    }

    #[tokio::test]
    #[should_panic(
        expected = "the moon: nothing has changed for 60ms; last seen: Some(\"clouds\")"
    )]
    async fn gives_up_where_nothing_changes() {
        let stall = Duration::from_millis(60);
        eventually_by_progress::<(), _>(stall, "the moon", async || Err("clouds")).await;
    }

    #[tokio::test]
    async fn a_look_that_hangs_does_not_hang_the_wait() {
        let seen: Result<(), Option<()>> =
            poll(Duration::from_millis(60), async || std::future::pending().await).await;
        assert_eq!(seen, Err(None));
    }
}
