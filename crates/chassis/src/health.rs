//! The readiness of a service: named checks that run together, each for at most two seconds.

use std::{
    fmt::Display,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use serde::Serialize;
use tokio::time::timeout;

use crate::Shutdown;

/// How long one check may take before it counts as failed.
const LIMIT: Duration = Duration::from_secs(2);

/// Checks one dependency; operators see the error.
type Probe = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// The checks of one service. Clones share them.
#[derive(Clone)]
pub struct Health {
    checks: Arc<Mutex<Vec<(String, Probe)>>>,
    shutdown: Shutdown,
}

/// The results of all checks, as `/readyz` answers them.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether every check passed.
    pub ready: bool,
    /// One entry for each check, in the order they were registered.
    pub checks: Vec<Outcome>,
}

/// The result of one check.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The name of the check, for example `database`.
    pub name: String,
    /// Whether the check succeeded in time.
    pub ok: bool,
    /// The reason of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Health {
    /// Starts without checks. Once `shutdown` is requested, the service is no longer ready, so that it gets
    /// no new work.
    pub fn new(shutdown: &Shutdown) -> Self {
        Self { checks: Arc::default(), shutdown: shutdown.clone() }
    }

    /// Adds a check. Each report calls `probe`, whose error must be readable for operators.
    pub fn check<F, A, E>(&self, name: impl Into<String>, probe: F)
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        let probe: Probe = Arc::new(move || {
            // The alternate form of an `anyhow::Error` is its whole chain of causes.
            probe().map(|result| result.map_err(|error| format!("{error:#}"))).boxed()
        });
        self.checks.lock().unwrap_or_else(PoisonError::into_inner).push((name.into(), probe));
    }

    /// Adds a check that calls a client whose clones share one connection.
    pub fn probe<C, F, A, E>(&self, name: impl Into<String>, client: &C, ask: F)
    where
        C: Clone + Send + Sync + 'static,
        F: Fn(C) -> A + Send + Sync + 'static,
        A: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        let client = client.clone();
        self.check(name, move || ask(client.clone()));
    }

    /// Runs all checks at once.
    pub async fn report(&self) -> Report {
        self.report_within(LIMIT).await
    }

    async fn report_within(&self, limit: Duration) -> Report {
        let checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut checks = join_all(checks.into_iter().map(|(name, probe)| async move {
            let detail = match timeout(limit, probe()).await {
                Ok(result) => result.err(),
                Err(_) => Some(format!("no answer within {limit:?}")),
            };
            Outcome { name, ok: detail.is_none(), detail }
        }))
        .await;
        if self.shutdown.is_requested() {
            let detail = Some("the service is stopping".to_owned());
            checks.push(Outcome { name: "running".to_owned(), ok: false, detail });
        }
        Report { ready: checks.iter().all(|check| check.ok), checks }
    }

    /// Resolves when the service begins to stop.
    pub(crate) async fn draining(&self) {
        self.shutdown.requested().await;
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Instant};

    use super::*;

    #[tokio::test]
    async fn is_ready_while_every_check_passes() {
        let health = Health::new(&Shutdown::new());
        assert!(health.report().await.ready);
        health.check("database", || async { Ok::<_, String>(()) });
        assert!(health.report().await.ready);
    }

    #[tokio::test]
    async fn names_the_check_that_failed_and_why() {
        let health = Health::new(&Shutdown::new());
        health.check("database", || async { Ok::<_, String>(()) });
        health.check("broker", || async {
            Err(anyhow::anyhow!("connection refused").context("cannot reach the broker"))
        });
        let report = health.report().await;
        assert!(!report.ready);
        assert!(report.checks[0].ok);
        let detail = report.checks[1].detail.as_deref();
        assert_eq!(detail, Some("cannot reach the broker: connection refused"));
    }

    #[tokio::test]
    async fn checks_that_hang_are_waited_for_together() {
        let health = Health::new(&Shutdown::new());
        for name in ["one", "two", "three"] {
            health.check(name, pending::<Result<(), String>>);
        }
        let start = Instant::now();
        let report = health.report_within(Duration::from_millis(200)).await;
        assert!(start.elapsed() < Duration::from_millis(500));
        assert!(report.checks.iter().all(|check| check.detail.is_some()));
    }

    #[tokio::test]
    async fn is_not_ready_once_a_stop_was_asked_for() {
        let shutdown = Shutdown::new();
        let health = Health::new(&shutdown);
        shutdown.request();
        assert!(!health.report().await.ready);
    }
}
