//! `cargo xtask schemathesis`: calls the REST interface of the running stack with what its OpenAPI document allows and
//! forbids, and compares the answers with the document.

use std::process::ExitCode;

use anyhow::{Context, Result};
use testkit::environment;

use crate::python::{install, python};
use crate::stack::{self, Stack};

/// Which checks are made, and how. The variables are those of the stack's environment file.
const SETTINGS: &str = include_str!("schemathesis/schemathesis.toml");
/// What is installed from `PyPI`.
const PACKAGE: &str = "schemathesis==4.32.5";

/// Runs Schemathesis with `arguments` against the stack that `up` has started. It changes the stack's data.
///
/// # Errors
/// If no stack runs, or Schemathesis cannot be installed.
pub(crate) async fn schemathesis(arguments: &[String]) -> Result<ExitCode> {
    Stack::complete().context("no stack runs\nremedy: cargo xtask up --detach")?;
    let variables = environment::read(&stack::environment_file())
        .context("nothing tells where the stack is\nremedy: cargo xtask down, then up")?;
    let url =
        variables.get("PRAHO_API_URL").context("the environment file has no PRAHO_API_URL")?;
    let ca = variables.get("PRAHO_CA_FILE").context("the environment file has no PRAHO_CA_FILE")?;
    let directory = stack::directory().with_file_name("schemathesis");
    tokio::fs::create_dir_all(&directory).await?;
    install(&directory, "Schemathesis", &[PACKAGE]).await?;
    tokio::fs::write(directory.join("schemathesis.toml"), SETTINGS).await?;
    let run = tokio::process::Command::from(python(&directory))
        .args(["-m", "schemathesis.cli", "run", &format!("{url}/api/v1/openapi.json")])
        .args(["--tls-verify", ca])
        .args(arguments)
        .envs(&variables)
        .status();
    let found_nothing = run.await.context("cannot run Schemathesis")?.success();
    Ok(if found_nothing { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
