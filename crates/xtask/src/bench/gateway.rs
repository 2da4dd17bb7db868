//! The measurements of the gateway, which are a program of its crate.

use std::process::ExitCode;

use anyhow::Result;

use crate::cargo::{cargo, run};
use crate::servers::{self, Found};
use crate::terminal::say;

/// Builds that program in release, and runs it against private servers.
///
/// # Errors
/// If it cannot be built or run.
pub(super) async fn measure() -> Result<ExitCode> {
    let found = servers::ensure().await?;
    say("building the gateway in release (the first time takes minutes)");
    let built = run(cargo(&["build", "--release", "--workspace", "--example", "bench"])).await?;
    let mut passed = built.success();
    if passed {
        let program =
            testkit::servers::directory().with_file_name("release").join("examples/bench");
        passed = tokio::process::Command::new(program).status().await?.success();
    }
    if found == Found::Started {
        servers::stop().await?;
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
