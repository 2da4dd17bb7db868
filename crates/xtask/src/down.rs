//! `cargo xtask down`: stops what `up` has started.

use std::process::ExitCode;

use anyhow::Result;

use crate::stack;

/// Stops everything, services first. The logs and the data stay until the next `up`.
pub(crate) async fn down() -> Result<ExitCode> {
    let _lock = stack::lock()?;
    match stack::stop().await?.as_slice() {
        [] => println!("Nothing was running."),
        names => println!("Stopped {}.", names.join(", ")),
    }
    Ok(ExitCode::SUCCESS)
}
