//! `cargo xtask status`: shows which parts are running, and where.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use testkit::{Servers, http, servers};

use crate::stack::{self, Service, Stack};
use crate::terminal::say;

/// Prints one line for each part. The exit code is 0 if the whole stack is running.
pub(crate) async fn status() -> Result<ExitCode> {
    let tests = if Servers::attach(&servers::directory()).is_some() { "run" } else { "do not run" };
    say(format!("The test servers {tests} (cargo xtask servers)."));
    let Some(stack) = Stack::load(&stack::directory()) else {
        say("PRAHO does not run here; start it with: cargo xtask up");
        return Ok(ExitCode::FAILURE);
    };
    if stack.halted {
        say("PRAHO was stopped with its data; start it again with: cargo xtask up");
        return Ok(ExitCode::FAILURE);
    }
    let servers = Servers::attach(&stack::directory());
    line(
        "PostgreSQL, RabbitMQ, PowerDNS",
        if servers.is_some() { "run" } else { "DO NOT ALL RUN" },
    );
    let mut whole = servers.is_some();
    for service in &stack.services {
        let state = state(service).await;
        whole &= state == Ok(());
        line(&service.program.name, state.err().unwrap_or("ready"));
    }
    if whole {
        say(format!("Use it with: . {}", stack::environment_file().display()));
        Ok(ExitCode::SUCCESS)
    } else {
        say("Start what has ended with: cargo xtask up; stop the rest with: cargo xtask down");
        say(format!("Logs: {}", stack::directory().join("logs").display()));
        Ok(ExitCode::FAILURE)
    }
}

async fn state(service: &Service) -> Result<(), &'static str> {
    if !service.is_alive() {
        return Err("HAS ENDED");
    }
    let request = http::client().get(&service.ready_url).timeout(Duration::from_secs(3));
    match request.send().await {
        Ok(answer) if answer.status().is_success() => Ok(()),
        _ => Err("runs, NOT READY"),
    }
}

fn line(name: &str, state: &str) {
    say(format!("  {name:<32}{state}"));
}
