//! Supervises background tasks: one that ends early stops the whole service, so that no half of it keeps
//! running.

use std::{collections::HashMap, time::Duration};

use anyhow::{Context, anyhow};
use tokio::{
    task::{Id, JoinError, JoinSet},
    time::{Instant, sleep_until},
};

use crate::Shutdown;

/// How long tasks may take to finish after a stop was requested.
///
/// Kubernetes kills a pod 30 s after SIGTERM (`terminationGracePeriodSeconds`), so this is a little less.
const DRAIN_LIMIT: Duration = Duration::from_secs(25);

/// The long-running tasks of one service.
#[derive(Debug)]
pub struct Tasks {
    set: JoinSet<anyhow::Result<()>>,
    names: HashMap<Id, &'static str>,
    shutdown: Shutdown,
    drain_limit: Duration,
}

impl Tasks {
    /// Starts without tasks. The first task to fail requests `shutdown`.
    pub fn new(shutdown: Shutdown) -> Self {
        Self { set: JoinSet::new(), names: HashMap::new(), shutdown, drain_limit: DRAIN_LIMIT }
    }

    /// Starts a task that runs as long as the service, and returns once a stop is requested.
    ///
    /// An error, a panic, or a return before the stop ends the whole service.
    pub fn spawn(
        &mut self,
        name: &'static str,
        task: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        let id = self.set.spawn(task).id();
        self.names.insert(id, name);
    }

    /// Waits for all tasks. The first failure is returned, later ones are logged.
    ///
    /// # Errors
    /// The failure of the first task that failed, or the names of the tasks that outlived the drain limit.
    pub async fn join(mut self) -> anyhow::Result<()> {
        let mut first = None;
        let mut deadline: Option<Instant> = None;
        loop {
            let ended = tokio::select! {
                () = self.shutdown.requested(), if deadline.is_none() => {
                    deadline = Some(Instant::now() + self.drain_limit);
                    continue;
                }
                () = until(deadline) => {
                    let late = self.cut_off().await;
                    return Err(first.unwrap_or(late));
                }
                ended = self.set.join_next_with_id() => ended,
            };
            let Some(ended) = ended else { break };
            if let Err(error) = self.judge(ended, deadline.is_some()) {
                self.shutdown.request();
                match first {
                    None => first = Some(error),
                    Some(_) => tracing::error!(error = format!("{error:#}"), "another part failed"),
                }
            }
        }
        first.map_or(Ok(()), Err)
    }

    /// The error of an ended task, with its name.
    fn judge(
        &mut self,
        ended: Result<(Id, anyhow::Result<()>), JoinError>,
        stopping: bool,
    ) -> anyhow::Result<()> {
        let (id, result) = match ended {
            Ok(ended) => ended,
            // The panic hook has logged the message and the place.
            Err(error) if error.is_panic() => (error.id(), Err(anyhow!("panicked"))),
            Err(error) => (error.id(), Err(anyhow!("was cut off"))),
        };
        let name = self.names.remove(&id).unwrap_or("a task");
        result.with_context(|| format!("{name} failed"))?;
        if stopping || self.shutdown.is_requested() {
            tracing::debug!(task = name, "stopped");
            return Ok(());
        }
        Err(anyhow!("{name} ended although the service was not asked to stop"))
    }

    /// Aborts the remaining tasks, and names them in the error.
    async fn cut_off(&mut self) -> anyhow::Error {
        let mut late: Vec<_> = self.names.values().copied().collect();
        late.sort_unstable();
        self.set.shutdown().await;
        anyhow!(
            "still running {} s after the stop: {}",
            self.drain_limit.as_secs(),
            late.join(", ")
        )
    }
}

/// Resolves at the deadline; never without one.
async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn waits(shutdown: Shutdown) -> anyhow::Result<()> {
        shutdown.requested().await;
        Ok(())
    }

    #[tokio::test]
    async fn ends_well_when_all_stop_as_asked() {
        let shutdown = Shutdown::new();
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("one", waits(shutdown.clone()));
        tasks.spawn("two", waits(shutdown.clone()));
        shutdown.request();
        tasks.join().await.unwrap();
    }

    #[tokio::test]
    async fn an_error_in_one_part_stops_the_others_and_is_returned() {
        let shutdown = Shutdown::new();
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("good", waits(shutdown.clone()));
        tasks.spawn("bad", async { Err(anyhow!("no broker")) });
        let error = tasks.join().await.unwrap_err();
        assert_eq!(format!("{error:#}"), "bad failed: no broker");
        assert!(shutdown.is_requested());
    }

    #[tokio::test]
    async fn a_panic_in_one_part_stops_the_others() {
        let shutdown = Shutdown::new();
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("good", waits(shutdown.clone()));
        tasks.spawn("bad", async { panic!("oh") });
        assert_eq!(format!("{:#}", tasks.join().await.unwrap_err()), "bad failed: panicked");
    }

    #[tokio::test]
    async fn ending_early_is_a_failure_even_without_an_error() {
        let mut tasks = Tasks::new(Shutdown::new());
        tasks.spawn("consumer", async { Ok(()) });
        let error = tasks.join().await.unwrap_err();
        assert!(error.to_string().starts_with("consumer ended"), "{error}");
    }

    #[tokio::test]
    async fn cuts_off_and_names_a_part_that_exceeds_the_drain_limit() {
        let shutdown = Shutdown::new();
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.drain_limit = Duration::from_millis(20);
        tasks.spawn("deaf", std::future::pending());
        shutdown.request();
        let error = tasks.join().await.unwrap_err();
        assert!(error.to_string().ends_with("deaf"), "{error}");
    }
}
