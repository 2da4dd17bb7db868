//! `cargo xtask down`: stops everything that `up` has started.

use std::process::ExitCode;

use anyhow::Result;

use crate::stack::{self, Stack};
use crate::terminal::say;

/// Stops everything, services first. With `keep`, the next `up` starts it again with its data; otherwise the data
/// are deleted. Logs stay until the next `up`.
pub(crate) async fn down(keep: bool) -> Result<ExitCode> {
    let directory = stack::directory();
    let _lock = stack::lock(&directory)?;
    // A start that did not finish leaves nothing that another could go on with.
    let kept = keep && Stack::complete().is_some();
    let stopped =
        if kept { stack::halt(&directory).await? } else { stack::stop(&directory).await? };
    let data = if kept {
        "The data are kept: `cargo xtask up` goes on with them, `cargo xtask down` forgets them."
    } else {
        stack::forget(&directory)?;
        "The data are forgotten."
    };
    match stopped.as_slice() {
        [] => say(format!("Nothing was running. {data}")),
        names => say(format!("Stopped {}. {data}", names.join(", "))),
    }
    Ok(ExitCode::SUCCESS)
}
