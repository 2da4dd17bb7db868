//! `cargo xtask up`: starts the whole of PRAHO on one bare machine, with a first account.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use testkit::postgres::{Durability, Postgres};
use testkit::program::binary;
use testkit::{Servers, environment, installation};
use tokio::signal::unix::{SignalKind, signal};

use crate::broker::Broker;
use crate::cargo::build_programs;
use crate::database::Database;
use crate::demonstration::demonstrate;
use crate::services::{Settings, authority};
use crate::stack::{self, Stack};
use crate::terminal::say;

const PANELS: usize = 2;
const END: &str =
    "`cargo xtask down` stops it and forgets its data; `down --keep` keeps them for the next `up`.";

/// Starts everything, and then waits for Ctrl-C, or returns at once if `detach` is set.
///
/// # Errors
/// If a part does not start; the started parts are stopped again.
pub(crate) async fn up(detach: bool) -> Result<ExitCode> {
    let lock = stack::lock(&stack::directory())?;
    if let Some(stack) = Stack::complete() {
        return keep_running(stack).await;
    }
    let started = tokio::select! {
        outcome = start() => outcome,
        () = asked_to_stop() => Err(anyhow::anyhow!("interrupted")),
    };
    if let Err(error) = started {
        let stopped = stack::stop(&stack::directory()).await?;
        if !stopped.is_empty() {
            say(format!("stopped again: {}", stopped.join(", ")));
        }
        return Err(error);
    }
    drop(lock);
    if !detach {
        watch().await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Restarts the ended parts of a stack that was started before. The running parts stay.
async fn keep_running(mut stack: Stack) -> Result<ExitCode> {
    let environment = stack::environment_file();
    if stack.is_whole() {
        say(format!("PRAHO runs already. Use it with: . {}", environment.display()));
        return Ok(ExitCode::SUCCESS);
    }
    say(if stack.halted {
        "PRAHO was stopped with its data; building it (a minute) and starting it again (15 seconds)"
    } else {
        "PRAHO was started before, but not all of it runs; building it (a minute) and starting the rest again"
    });
    build_programs().await?;
    let directory = stack::directory();
    let authority = authority(&directory)?;
    let servers = Servers::start_with_tls(&directory, Durability::Durable, &authority).await?;
    let known = environment::read(&environment)
        .context("nothing tells how it was set up\nremedy: cargo xtask down, then up")?;
    if known.get("PRAHO_RABBITMQ_MANAGEMENT_URL") != Some(&servers.management_url)
        || known.get("PRAHO_DNS_ADDR") != Some(&servers.dns_addr)
    {
        bail!("a server's port was taken by another program\nremedy: cargo xtask down, then up");
    }
    let revived = stack.revive().await?;
    say(format!(
        "Running again: {}",
        if revived.is_empty() { "the servers".into() } else { revived.join(", ") }
    ));
    Ok(ExitCode::SUCCESS)
}

async fn start() -> Result<()> {
    let directory = stack::directory();
    say(plan(&installation::missing(), &directory));
    installation::ensure(|what| say(what)).await?;
    say("\nbuilding the services");
    build_programs().await?;
    // Removes the rest of a killed stack, whose data describe servers that no longer exist.
    stack::stop(&directory).await?;
    stack::forget(&directory)?;
    stack::remove(&directory.join("logs"))?;

    say("\nstarting PostgreSQL, RabbitMQ and PowerDNS");
    let authority = authority(&directory)?;
    let servers = Servers::start_with_tls(&directory, Durability::Durable, &authority).await?;
    let postgres = Postgres::attach(&directory.join("postgres")).context("PostgreSQL ended")?;
    let (database, broker) = (Database::create(&postgres).await?, Broker::create(&servers).await?);
    let settings = Settings::new(&directory, servers, database, broker, PANELS)?;
    environment::write(&stack::environment_file(), &settings.environment()?)
        .context("cannot write the environment file")?;

    say("starting the services");
    let mut stack = Stack::new(&directory);
    stack.migrate(settings.migration()?).await?;
    for services in [settings.simulators(), vec![settings.api()?], settings.workers()?] {
        let names: Vec<_> = services.iter().map(|service| service.program.name.clone()).collect();
        stack.start(services).await?;
        say(format!("✓ {}", names.join(", ")));
    }
    demonstrate(&settings).await.context("the services run, but the first account failed")?;
    stack.finish()?;
    say(how_to_go_on());
    Ok(())
}

/// What a start does, about how long each part takes on two cores, and how to end it.
fn plan(missing: &[&str], directory: &Path) -> String {
    let install = match missing {
        [] => "nothing to install".to_owned(),
        packages => format!("install {:<44} 2 minutes", packages.join(" ")),
    };
    format!(
        "PRAHO starts on this machine, below {}:
  1. {install}
  2. build the services                                   5 minutes, 1 after a change
  3. start PostgreSQL, RabbitMQ and PowerDNS              10 seconds
  4. start seven services, two of them simulated hosts    5 seconds
  5. create a plan and servers, and provision an account  5 seconds
It needs no configuration and uses free ports. {END}",
        directory.display()
    )
}

fn how_to_go_on() -> String {
    format!(
        "
Go on:
  . {}
  {} accounts list
  curl --cacert $PRAHO_CA_FILE -H \"Authorization: Bearer $PRAHO_API_TOKEN\" $PRAHO_API_URL/api/v1/accounts
  cargo xtask status        what runs, and where
  cargo xtask down          stop all of it and forget its data
  cargo xtask down --keep   stop all of it; the next `up` goes on with the data
Logs: {}",
        stack::environment_file().display(),
        binary("praho").display(),
        stack::directory().join("logs").display()
    )
}

/// Shows the state of the stack in one line until a person stops it, here or with `down`.
async fn watch() -> Result<()> {
    say("\nCtrl-C stops everything and forgets its data; `up --detach` would leave it running.");
    let bar = ProgressBar::new_spinner()
        .with_style(ProgressStyle::with_template("{spinner} {msg}").context("a wrong template")?);
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    let stop = asked_to_stop();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            _ = ticks.tick() => {}
        }
        let Some(stack) = Stack::load(&stack::directory()).filter(|stack| !stack.halted) else {
            bar.finish_and_clear();
            say("Stopped by `cargo xtask down`.");
            return Ok(());
        };
        bar.tick();
        bar.set_message(condition(&stack));
    }
    bar.finish_and_clear();
    say("stopping");
    let directory = stack::directory();
    let _lock = stack::lock(&directory)?;
    let stopped = stack::stop(&directory).await?;
    stack::forget(&directory)?;
    say(format!("Stopped {}. The data are forgotten.", stopped.join(", ")));
    Ok(())
}

fn condition(stack: &Stack) -> String {
    let ended: Vec<_> = stack
        .services
        .iter()
        .filter(|service| !service.is_alive())
        .map(|service| service.program.name.as_str())
        .collect();
    let servers = if Servers::attach(&stack::directory()).is_some() {
        "3 servers run"
    } else {
        "a SERVER HAS ENDED"
    };
    if ended.is_empty() {
        format!("{} services and {servers}", stack.services.len())
    } else {
        format!("ended: {} (cargo xtask up starts them again); {servers}", ended.join(", "))
    }
}

pub(crate) async fn asked_to_stop() {
    let mut terminated = signal(SignalKind::terminate()).expect("SIGTERM can be listened for");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}
