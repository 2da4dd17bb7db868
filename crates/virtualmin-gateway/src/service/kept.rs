//! Answers of hosts that are kept for a short while; equal questions at one time are asked once.
//!
//! An answer counts until a change of its server begins or ends, in whichever gateway. Nothing is kept of a server while one is under
//! way there, or while it settles.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use model::{fault::Fault, ids::ServerId};
use moka::future::Cache;

/// Most answers that are kept.
const MOST: u64 = 10_000;
/// How long one is kept at most, whatever the settings say.
const LONGEST: Duration = Duration::from_secs(3600);

/// The answers to one kind of question. Clones share them.
#[derive(Clone)]
pub(crate) struct Kept<T>(Cache<Question, (Instant, T)>);

/// A question, and how many changes its server has seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question {
    pub(super) server: ServerId,
    pub(super) changes: i64,
    /// What is asked for, such as the name of a virtual server.
    pub(super) about: String,
}

impl<T: Clone + Send + Sync + 'static> Kept<T> {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_live(LONGEST).build())
    }

    /// The kept answer, if it is younger than `lifetime`; else the new one, which is kept.
    ///
    /// # Errors
    /// Those of `ask`. They are not kept.
    pub(super) async fn get(
        &self,
        question: Question,
        lifetime: Duration,
        ask: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        if self.0.get(&question).await.is_some_and(|(at, _)| at.elapsed() >= lifetime) {
            self.0.invalidate(&question).await;
        }
        let ask = async { ask.await.map(|answer| (Instant::now(), answer)) };
        let kept = self.0.try_get_with(question, ask).await;
        kept.map(|(_, answer)| answer).map_err(Arc::unwrap_or_clone)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use model::fault::FaultKind;
    use tokio::task::yield_now;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn question(changes: i64) -> Question {
        Question {
            server: ServerId::from(uuid::Uuid::nil()),
            changes,
            about: "a.example".to_owned(),
        }
    }

    #[tokio::test]
    async fn equal_questions_are_asked_once_until_the_answer_is_old_or_the_server_has_changed() {
        let (kept, asked) = (Kept::new(), AtomicUsize::new(0));
        let ask = async |changes, lifetime| {
            let ask = async {
                yield_now().await;
                Ok(asked.fetch_add(1, Ordering::Relaxed))
            };
            kept.get(question(changes), lifetime, ask).await.unwrap()
        };
        assert_eq!(tokio::join!(ask(1, LONG), ask(1, LONG)), (0, 0));
        assert_eq!(ask(1, LONG).await, 0);
        assert_eq!(ask(2, LONG).await, 1);
        assert_eq!(ask(2, Duration::ZERO).await, 2);
    }

    #[tokio::test]
    async fn a_fault_is_not_kept() {
        let kept = Kept::new();
        let down = async { Err(Fault::new(FaultKind::Unavailable, "down")) };
        assert!(kept.get(question(1), LONG, down).await.is_err());
        assert_eq!(kept.get(question(1), LONG, async { Ok(7) }).await, Ok(7));
    }
}
