//! What `up` or `bench` has started, kept on disk so that any later command can find and stop it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use testkit::environment::write_private;
use testkit::process::Process;
use testkit::program::Program;
use testkit::{Servers, servers};

/// A service that is asked to stop finishes its step first.
const GRACE: Duration = Duration::from_secs(20);
const READY: Duration = Duration::from_secs(90);

/// One of our programs that was started.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Service {
    pub(crate) program: Program,
    /// Answers 200 when the service can do its work.
    pub(crate) ready_url: String,
    process: Option<Process>,
}

/// All of it, in the order in which it was started. The three servers keep their own records.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Stack {
    /// Where its record is.
    #[serde(skip)]
    directory: PathBuf,
    pub(crate) services: Vec<Service>,
    /// Whether `up` came to its end.
    complete: bool,
}

/// Where everything of the developer's stack is: `praho` in cargo's target directory.
pub(crate) fn directory() -> PathBuf {
    servers::directory().with_file_name("praho")
}

/// The environment file for shells and tests.
pub(crate) fn environment_file() -> PathBuf {
    directory().join("env")
}

/// Keeps two commands from starting and stopping at the same time what is in `directory`.
pub(crate) fn lock(directory: &Path) -> Result<File> {
    fs::create_dir_all(directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let file = File::create(directory.join("lock"))?;
    file.lock().context("cannot lock the stack's directory")?;
    Ok(file)
}

impl Service {
    pub(crate) fn new(program: Program, ready_url: String) -> Self {
        Self { program, ready_url, process: None }
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.process.is_some_and(|process| process.is_alive())
    }

    /// Its pid, once it was started.
    pub(crate) fn pid(&self) -> Option<i32> {
        self.process.as_ref().map(Process::pid)
    }
}

impl Stack {
    /// One of which nothing runs yet.
    pub(crate) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), ..Self::default() }
    }

    /// The developer's stack that was started last, to its end, and not stopped since.
    pub(crate) fn complete() -> Option<Self> {
        Self::load(&directory()).filter(|stack| stack.complete)
    }

    /// Declares that everything is started and the first account is there.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.complete = true;
        self.save()
    }

    /// As much as there is.
    pub(crate) fn load(directory: &Path) -> Option<Self> {
        let text = fs::read_to_string(state_file(directory)).ok()?;
        Some(Self { directory: directory.to_owned(), ..serde_json::from_str(&text).ok()? })
    }

    fn save(&self) -> Result<()> {
        let file = state_file(&self.directory);
        write_private(&file, &serde_json::to_string_pretty(self)?)
            .with_context(|| format!("cannot write {}", file.display()))
    }

    pub(crate) fn is_whole(&self) -> bool {
        Servers::attach(&self.directory).is_some() && self.services.iter().all(Service::is_alive)
    }

    /// Starts those of `services` that do not run, all at once, and waits until each is ready.
    ///
    /// Each is recorded before the next is started, so that a stop finds it whatever happens.
    pub(crate) async fn start(&mut self, services: Vec<Service>) -> Result<()> {
        let mut starting = Vec::new();
        for mut service in services {
            let running = service.program.start()?;
            service.process = Some(*running.process());
            starting.push((running, service.ready_url.clone()));
            self.services.retain(|known| known.program.name != service.program.name);
            self.services.push(service);
            self.save()?;
        }
        try_join_all(starting.iter().map(|(running, url)| running.ready(url, READY))).await?;
        for (running, _) in starting {
            running.detach();
        }
        Ok(())
    }

    /// Starts again what has ended; answers the names.
    pub(crate) async fn revive(&mut self) -> Result<Vec<String>> {
        let dead: Vec<_> =
            self.services.iter().filter(|service| !service.is_alive()).cloned().collect();
        let names = dead.iter().map(|service| service.program.name.clone()).collect();
        self.start(dead).await?;
        Ok(names)
    }
}

/// Stops what runs of `directory`, last started first, and forgets it. Answers the names of what was stopped.
pub(crate) async fn stop(directory: &Path) -> Result<Vec<String>> {
    let mut stopped = Vec::new();
    for service in Stack::load(directory).unwrap_or_default().services.into_iter().rev() {
        if let Some(process) = service.process.filter(Process::is_alive) {
            process.stop(GRACE).await;
            stopped.push(service.program.name);
        }
    }
    stopped.extend(Servers::stop(directory).await.into_iter().map(str::to_owned));
    for file in [state_file(directory), directory.join("env")] {
        if file.exists() {
            fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
        }
    }
    Ok(stopped)
}

fn state_file(directory: &Path) -> PathBuf {
    directory.join("state.json")
}
