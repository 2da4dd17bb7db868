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

/// Longer than any test leaves a queue alone that it comes back to.
const UNUSED: Duration = Duration::from_secs(900);

/// Whether the servers ran before we were asked for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Somebody else started them, and they are not ours to stop.
    Running,
    /// We have started them.
    Started,
}

/// Starts what does not run and leaves it running.
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

/// Stops them, and everything that killed tests have left behind.
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

/// Makes sure that the servers are installed and run.
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

/// Lets two commands at the same time start one set of servers and not two.
fn lock() -> Result<File> {
    let directory = directory();
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let file = File::create(directory.join("lock"))?;
    file.lock().context("cannot lock the test servers' directory")?;
    Ok(file)
}
