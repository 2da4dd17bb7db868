//! A program of this workspace as a child process of a test or of `cargo xtask`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde::{Deserialize, Serialize};

use crate::eventually::poll;
use crate::instance::log_tail;
use crate::process::{Process, appended};

/// A program with its arguments, environment and log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Program {
    /// The program's name in messages.
    pub name: String,
    /// The path of the executable, see [`binary`].
    pub path: PathBuf,
    /// The arguments of the program.
    pub arguments: Vec<String>,
    /// Environment variables in addition to the caller's. The caller's variables that start with `PRAHO` are
    /// not passed on.
    pub environment: Vec<(String, String)>,
    /// The working directory; the caller's if `None`.
    pub directory: Option<PathBuf>,
    /// The file to which both outputs are appended.
    pub log: PathBuf,
}

/// A running program. It is killed on drop, unless it was [detached](Running::detach).
#[derive(Debug)]
pub struct Running {
    name: String,
    log: PathBuf,
    process: Process,
    kill_on_drop: bool,
}

/// The path of a workspace binary, in the folder of the running program.
///
/// # Panics
/// Never: a running program has a path.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a running program has a path");
    // xtask is in the same folder as the binaries, a test one folder deeper (`target/debug/deps`).
    let mut candidates = own.ancestors().skip(1).take(2).map(|folder| folder.join(name));
    candidates.find(|path| path.is_file()).unwrap_or_else(|| own.with_file_name(name))
}

impl Program {
    /// A program of the workspace without arguments. Its log is `NAME.log` in the folder `logs`.
    #[must_use]
    pub fn new(name: &str, logs: &Path) -> Self {
        Self {
            name: name.to_owned(),
            path: binary(name),
            arguments: Vec::new(),
            environment: Vec::new(),
            directory: None,
            log: logs.join(format!("{name}.log")),
        }
    }

    /// Adds an environment variable for the program.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a command-line argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Starts the program in the background. [`Running::ready`] waits until it can be used.
    pub fn start(&self) -> Result<Running> {
        let process =
            Process::spawn(&mut self.command(), &self.log).with_context(|| self.not_started())?;
        Ok(Running { name: self.name.clone(), log: self.log.clone(), process, kill_on_drop: true })
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    /// If it fails; the error shows the end of its log.
    pub async fn run(&self) -> Result<()> {
        let log = appended(&self.log)?;
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut command = tokio::process::Command::from(command);
        let status = command.kill_on_drop(true).status().await;
        let status = status.with_context(|| self.not_started())?;
        if !status.success() {
            bail!("{} failed ({status})\n{}", self.name, log_tail(&self.log));
        }
        Ok(())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.args(&self.arguments);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PRAHO") {
                command.env_remove(name);
            }
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        command
    }

    fn not_started(&self) -> String {
        let path = self.path.display();
        format!("{}: cannot start {path}\nremedy: cargo build --workspace --bins", self.name)
    }
}

impl Running {
    /// Waits up to `limit` until a GET of `url` answers 200.
    ///
    /// # Errors
    /// If the program ends first or is not ready in time; the error shows the end of its log.
    pub async fn ready(&self, url: &str, limit: Duration) -> Result<()> {
        let client = crate::http::client();
        let answer = poll(limit, async || {
            if !self.process.is_alive() {
                return Ok(Err(self.failure("ended while starting")));
            }
            match client.get(url).send().await {
                Ok(answer) if answer.status().is_success() => Ok(Ok(())),
                Ok(answer) => {
                    let status = answer.status();
                    Err(format!("{status}: {}", answer.text().await.unwrap_or_default()))
                }
                Err(error) => Err(error.to_string()),
            }
        })
        .await;
        answer.unwrap_or_else(|last| {
            let last = last.unwrap_or_else(|| "no answer at all".to_owned());
            Err(self.failure(&format!("is not ready after {limit:?}; {url} says: {last}")))
        })
    }

    /// The process, for signals.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Keeps the program running after this value is dropped, and returns its process.
    pub fn detach(mut self) -> Process {
        self.kill_on_drop = false;
        self.process
    }

    fn failure(&self, what: &str) -> anyhow::Error {
        anyhow!("{} {what}\n{}", self.name, log_tail(&self.log))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.kill_on_drop {
            self.process.kill();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(folder: &Path, script: &str) -> Program {
        Program {
            name: "a shell".to_owned(),
            path: "/bin/sh".into(),
            arguments: vec!["-c".to_owned(), script.to_owned()],
            environment: vec![("PRAHO__A".to_owned(), "ours".to_owned())],
            directory: Some(folder.to_owned()),
            log: folder.join("log"),
        }
    }

    #[tokio::test]
    async fn a_program_that_ends_at_once_is_reported_with_its_log() {
        let folder = crate::Scratch::new("program");
        let running = shell(folder.path(), "echo no $PRAHO__A database >&2").start().unwrap();
        let error =
            running.ready("http://127.0.0.1:1/", Duration::from_secs(10)).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("a shell ended while starting"), "{text}");
        assert!(text.ends_with("no ours database"), "{text}");
    }

    #[tokio::test]
    async fn runs_to_its_end_and_tells_why_it_failed() {
        let folder = crate::Scratch::new("program");
        shell(folder.path(), "true").run().await.unwrap();
        let error = shell(folder.path(), "echo no database; exit 3").run().await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("exit status: 3") && text.ends_with("no database"), "{text}");
    }

    #[tokio::test]
    async fn is_killed_when_its_test_is_over() {
        let folder = crate::Scratch::new("program");
        let running = shell(folder.path(), "exec sleep 60").start().unwrap();
        let process = *running.process();
        drop(running);
        assert!(process.gone(Duration::from_secs(5)).await);
    }
}
