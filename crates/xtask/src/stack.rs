//! The programs that `up` or `bench` has started, recorded on disk so that a later command can find and stop
//! them.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use testkit::environment::write_private;
use testkit::process::Process;
use testkit::program::Program;
use testkit::{Servers, servers};

use crate::terminal::say;

/// Time to stop: a service finishes its step first.
const GRACE: Duration = Duration::from_secs(20);
const READY: Duration = Duration::from_secs(90);

/// A program of the workspace, and its process once started.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Service {
    pub(crate) program: Program,
    /// The URL that answers 200 when the service can work.
    pub(crate) ready_url: String,
    process: Option<Process>,
}

/// The services in the order of their start. The three servers keep their own records.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Stack {
    /// The folder of this record.
    #[serde(skip)]
    directory: PathBuf,
    pub(crate) services: Vec<Service>,
    /// The program that brings the schema up to date, once it ran.
    #[serde(default)]
    migration: Option<Program>,
    /// Whether `up` has finished.
    complete: bool,
    /// Whether a command has stopped it with its data, so that the next `up` starts it again.
    #[serde(default)]
    pub(crate) halted: bool,
}

/// The folder of the developer's stack: `praho` in cargo's target directory.
pub(crate) fn directory() -> PathBuf {
    servers::directory().with_file_name("praho")
}

/// The environment file for shells and tests.
pub(crate) fn environment_file() -> PathBuf {
    directory().join("env")
}

/// Keeps two commands from starting and stopping the stack in `directory` at the same time.
pub(crate) fn lock(directory: &Path) -> Result<File> {
    fs::create_dir_all(directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let file = File::create(directory.join("lock"))?;
    if file.try_lock().is_err() {
        say("another `cargo xtask` is at work on the same parts; waiting until it has ended");
        file.lock().context("cannot lock the stack's directory")?;
    }
    Ok(file)
}

impl Service {
    pub(crate) fn new(program: Program, ready_url: String) -> Self {
        Self { program, ready_url, process: None }
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.process.is_some_and(|process| process.is_alive())
    }

    /// The pid, once the service was started.
    pub(crate) fn pid(&self) -> Option<i32> {
        self.process.as_ref().map(Process::pid)
    }
}

impl Stack {
    /// A stack without services.
    pub(crate) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), ..Self::default() }
    }

    /// The developer's stack, if `up` finished and no command has stopped it since.
    pub(crate) fn complete() -> Option<Self> {
        Self::load(&directory()).filter(|stack| stack.complete)
    }

    /// Records that everything is started and the first account exists.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.complete = true;
        self.save()
    }

    /// The recorded stack, complete or not.
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

    /// Brings the schema up to date with this program, and later whenever the stack is revived.
    pub(crate) async fn migrate(&mut self, migration: Program) -> Result<()> {
        migration.run().await?;
        self.migration = Some(migration);
        self.save()
    }

    /// Starts `services` all at once, and waits until each is ready.
    ///
    /// Each is recorded before the next is started, so that a later stop finds it in any case.
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

    /// Brings the schema up to date and restarts the services that have ended; returns their names.
    pub(crate) async fn revive(&mut self) -> Result<Vec<String>> {
        self.halted = false;
        let dead: Vec<_> =
            self.services.iter().filter(|service| !service.is_alive()).cloned().collect();
        let names = dead.iter().map(|service| service.program.name.clone()).collect();
        if let Some(migration) = &self.migration {
            migration.run().await?;
        }
        self.start(dead).await?;
        Ok(names)
    }
}

/// Stops the running services and servers of `directory`, the last started first, and keeps the record, by which
/// the stack can be revived. Returns the names of the stopped ones.
pub(crate) async fn halt(directory: &Path) -> Result<Vec<String>> {
    let mut stopped = Vec::new();
    let mut stack = Stack::load(directory).unwrap_or_default();
    if stack.complete {
        stack.halted = true;
        stack.save()?;
    }
    for service in stack.services.into_iter().rev() {
        if let Some(process) = service.process.filter(Process::is_alive) {
            process.stop(GRACE).await;
            stopped.push(service.program.name);
        }
    }
    stopped.extend(Servers::stop(directory).await.into_iter().map(str::to_owned));
    Ok(stopped)
}

/// As [`halt`], and deletes the record.
pub(crate) async fn stop(directory: &Path) -> Result<Vec<String>> {
    let stopped = halt(directory).await?;
    for file in [state_file(directory), directory.join("env")] {
        remove(&file)?;
    }
    Ok(stopped)
}

/// Deletes the data of a stopped stack, and its keys. Logs stay.
pub(crate) fn forget(directory: &Path) -> Result<()> {
    servers::forget(directory)?;
    for name in ["vm1", "vm2", "keys", "tls"] {
        remove(&directory.join(name))?;
    }
    Ok(())
}

/// Removes a file, or a folder with all that is in it, if it exists.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn state_file(directory: &Path) -> PathBuf {
    directory.join("state.json")
}
