//! The common part of the private servers: a directory with settings, recorded processes and a log.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::environment::write_private;
use crate::eventually::poll;
use crate::process::Process;

/// Attempts to start a server whose port is taken.
const ATTEMPTS: usize = 4;
const PAUSE: Duration = Duration::from_millis(500);
const LOOK: Duration = Duration::from_secs(3);
const LOG_LINES: usize = 12;
/// Characters shown of each log line.
const LINE_LENGTH: usize = 500;

/// The directory of one server. It holds everything that another process needs to attach.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) component: &'static str,
    pub(crate) directory: PathBuf,
}

impl Instance {
    /// The instance at `directory`, which is created if it does not exist.
    pub(crate) fn new(component: &'static str, directory: &Path) -> Result<Self> {
        fs::create_dir_all(directory)
            .with_context(|| format!("{component}: cannot make {}", directory.display()))?;
        let directory = fs::canonicalize(directory)?;
        Ok(Self { component, directory })
    }

    /// The instance at `directory` and its settings, if its server is running.
    pub(crate) fn attach<S: DeserializeOwned>(
        component: &'static str,
        directory: &Path,
    ) -> Option<(Self, S)> {
        let instance = Self { component, directory: fs::canonicalize(directory).ok()? };
        let settings = instance.settings()?;
        instance.is_running().then_some((instance, settings))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path("log")
    }

    pub(crate) fn settings<S: DeserializeOwned>(&self) -> Option<S> {
        serde_json::from_str(&fs::read_to_string(self.path("settings.json")).ok()?).ok()
    }

    pub(crate) fn save<S: Serialize>(&self, settings: &S) -> Result<()> {
        let text = serde_json::to_string_pretty(settings)?;
        write_private(&self.path("settings.json"), &text)
            .with_context(|| format!("{}: cannot write its settings", self.component))
    }

    /// The processes of the last start; the server itself is the first.
    pub(crate) fn processes(&self) -> Vec<Process> {
        recorded(&self.directory)
    }

    pub(crate) fn record(&self, processes: &[Process]) -> Result<()> {
        fs::write(self.path(PROCESSES), serde_json::to_string(processes)?)
            .with_context(|| format!("{}: cannot record its processes", self.component))
    }

    pub(crate) fn is_running(&self) -> bool {
        self.processes().first().is_some_and(Process::is_alive)
    }

    /// Sends SIGKILL to all processes of the server and waits for their end.
    pub(crate) async fn kill(&self) {
        for process in self.processes() {
            process.kill();
            process.gone(Duration::from_secs(10)).await;
        }
    }

    /// Runs `start` until it succeeds. It retries only if the log reports a resource in use: a port, for
    /// which `start` should choose another, or PostgreSQL's memory, which ending processes still hold.
    pub(crate) async fn start<T>(
        &self,
        mut start: impl AsyncFnMut(usize) -> Result<T>,
    ) -> Result<T> {
        let mut attempt = 0;
        let mut pause = tokio::time::interval(PAUSE);
        loop {
            pause.tick().await;
            // Some processes of a server that ended by itself may still run and hold its ports.
            self.kill().await;
            // Keeps the previous log once; the code below reads the log of this start only.
            let _ = fs::rename(self.log(), self.path("log.before"));
            match start(attempt).await {
                Ok(server) => return Ok(server),
                Err(error) => {
                    self.kill().await;
                    attempt += 1;
                    if attempt == ATTEMPTS || !self.something_was_in_use() {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Waits until `look` succeeds; fails at once if `process` ends.
    pub(crate) async fn ready(
        &self,
        process: Process,
        limit: Duration,
        mut look: impl AsyncFnMut() -> Result<(), String>,
    ) -> Result<()> {
        let answer = poll(limit, async || {
            if !process.is_alive() {
                return Ok(Err(self.failure("ended while starting")));
            }
            // A foreign process that took the server's port may accept a connection and never answer.
            let look = tokio::time::timeout(LOOK, look()).await;
            look.unwrap_or_else(|_| Err("a connection without an answer".to_owned())).map(Ok)
        })
        .await;
        answer.unwrap_or_else(|last| {
            let last = last.unwrap_or_else(|| "no answer at all".to_owned());
            Err(self.failure(&format!("is not ready after {limit:?} ({last})")))
        })
    }

    /// An error that names the component, the end of its log, and the remedy.
    pub(crate) fn failure(&self, what: &str) -> anyhow::Error {
        anyhow!(
            "{} {what}\n{}\nremedy: fix the error in the log; if the data is damaged, stop it, remove {} and start again",
            self.component,
            log_tail(&self.log()),
            self.directory.display(),
        )
    }

    fn something_was_in_use(&self) -> bool {
        let log = fs::read_to_string(self.log()).unwrap_or_default().to_lowercase();
        ["in use", "eaddrinuse", "already_started"].iter().any(|sign| log.contains(sign))
    }
}

const PROCESSES: &str = "processes.json";

/// The processes that the server in `directory` has recorded.
pub(crate) fn recorded(directory: &Path) -> Vec<Process> {
    fs::read_to_string(directory.join(PROCESSES))
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
}

/// The last lines of a log, indented, below the log's path.
#[must_use]
pub fn log_tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let mut tail = format!("the last lines of {}:", log.display());
    if lines.is_empty() {
        tail.push_str("\n  (empty)");
    }
    for line in &lines[lines.len().saturating_sub(LOG_LINES)..] {
        tail.push_str("\n  ");
        tail.extend(line.chars().take(LINE_LENGTH));
    }
    tail
}
