//! `cargo xtask down`: stops everything that `up` has started.

use std::process::ExitCode;

use anyhow::Result;

use crate::stack;
use crate::terminal::say;

/// Stops everything, services first. Logs and data stay until the next `up`.
pub(crate) async fn down() -> Result<ExitCode> {
    let directory = stack::directory();
    let _lock = stack::lock(&directory)?;
    match stack::stop(&directory).await?.as_slice() {
        [] => say("Nothing was running."),
        names => say(format!("Stopped {}.", names.join(", "))),
    }
    Ok(ExitCode::SUCCESS)
}
