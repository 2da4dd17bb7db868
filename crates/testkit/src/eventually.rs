//! Waiting for something to become true without sleeping for a guessed time.

use std::fmt::Debug;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

const INTERVAL: Duration = Duration::from_millis(25);
const LIMIT: Duration = Duration::from_secs(30);

/// Looks again and again until `look` answers with something, and returns it.
///
/// # Panics
/// After 30 seconds, naming `what` was waited for.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    eventually_within(LIMIT, what, async || look().await.ok_or("nothing yet")).await
}

/// Looks again and again until `look` answers `Ok`, and returns that; `Err` is what it saw instead.
///
/// # Panics
/// After `limit`, naming `what` was waited for and what was seen last.
pub async fn eventually_within<T, O: Debug>(
    limit: Duration,
    what: &str,
    look: impl AsyncFnMut() -> Result<T, O>,
) -> T {
    match poll(limit, look).await {
        Ok(found) => found,
        Err(Some(last)) => panic!("{what}: not within {limit:?}; last seen: {last:?}"),
        Err(None) => panic!("{what}: not within {limit:?}; not one look came to its end"),
    }
}

/// Looks again and again until `look` answers `Ok`, for as long as what it sees instead goes on changing.
///
/// A bound on the clock fails on a machine that is busy with other things; one on progress does not.
///
/// # Panics
/// When nothing has changed for `stall`, naming `what` was waited for and what was seen last.
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

/// As [`eventually_within`], but gives the last observation back instead of panicking.
///
/// `None` means that not even one look came to its end within `limit`.
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
    async fn returns_what_it_found_at_last() {
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
    async fn says_what_it_waited_for_and_what_it_saw_last() {
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
