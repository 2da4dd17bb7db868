//! `cargo xtask servers`: the private PostgreSQL, RabbitMQ and PowerDNS that all tests share.

use std::fs::{self, File};
use std::process::ExitCode;
use std::time::Duration;

use crate::terminal::say;
use anyhow::{Context, Result};
use testkit::postgres::Durability;
use testkit::rabbitmq::Management;
use testkit::servers::{directory, forget};
use testkit::{Scratch, Servers, installation};

/// The time after which an unused queue is deleted; longer than any test leaves a queue that it still needs
/// unused.
const UNUSED: Duration = Duration::from_secs(900);

/// Whether the servers were running before this command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The servers were running already, so this command must not stop them.
    Running,
    /// This command has started the servers.
    Started,
}

/// Starts the servers that are not running, and leaves them running.
pub(crate) async fn start() -> Result<ExitCode> {
    let state = match ensure().await? {
        Found::Running => "run already",
        Found::Started => "run",
    };
    say(format!(
        "The test servers {state}; `cargo nextest run` and an IDE's tests find them through {}.\n\
         Stop them with: cargo xtask servers --stop",
        directory().join("env").display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Stops the servers, and deletes everything that killed tests have left behind.
pub(crate) async fn stop() -> Result<ExitCode> {
    let _lock = lock()?;
    let stopped = Servers::stop(&directory()).await;
    Scratch::sweep();
    forget(&directory())?;
    match stopped.as_slice() {
        [] => say("No test server was running."),
        names => say(format!("Stopped {}.", names.join(", "))),
    }
    Ok(ExitCode::SUCCESS)
}

/// Ensures that the servers are installed and running.
pub(crate) async fn ensure() -> Result<Found> {
    installation::ensure(|what| say(what)).await?;
    let _lock = lock()?;
    let directory = directory();
    if let Some(servers) = Servers::attach(&directory) {
        servers.write()?;
        return Ok(Found::Running);
    }
    say(format!(
        "starting PostgreSQL, RabbitMQ and PowerDNS for tests below {}",
        directory.display()
    ));
    let servers = match Servers::start(&directory, Durability::Fast).await {
        Ok(servers) => servers,
        Err(error) => {
            Servers::stop(&directory).await;
            return Err(error);
        }
    };
    Management::new(&servers.management_url).expire_unused_queues(UNUSED).await?;
    servers.write()?;
    Ok(Found::Started)
}

/// Keeps two simultaneous commands from starting two sets of servers.
fn lock() -> Result<File> {
    let directory = directory();
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let file = File::create(directory.join("lock"))?;
    file.lock().context("cannot lock the test servers' directory")?;
    Ok(file)
}
