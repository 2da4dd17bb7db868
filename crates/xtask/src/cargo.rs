//! Runs cargo for this workspace.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

/// The root of the workspace.
pub(crate) fn workspace() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).expect("xtask lies in crates/xtask").to_owned()
}

/// A command that runs `cargo` with these arguments in the workspace's root.
pub(crate) fn cargo<A: AsRef<str>>(arguments: &[A]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments.iter().map(AsRef::as_ref)).current_dir(workspace());
    // `cargo run` describes xtask itself in these variables. Build scripts that watch them (ring's does)
    // would see a change and rebuild everything that depends on them.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a command to its end, with this process's terminal.
///
/// # Errors
/// If the command cannot be started, or if a Ctrl-C (which the command gets too) came before its end.
pub(crate) async fn run(mut command: Command) -> Result<ExitStatus> {
    let mut child = command.spawn().context("cannot run cargo")?;
    tokio::select! {
        status = child.wait() => Ok(status?),
        _ = tokio::signal::ctrl_c() => {
            child.wait().await?;
            bail!("interrupted")
        }
    }
}

/// Builds every program of the workspace.
pub(crate) async fn build_programs() -> Result<()> {
    let status = run(cargo(&["build", "--workspace", "--bins"])).await?;
    if !status.success() {
        bail!("the programs do not build, see above\nremedy: fix the errors of the compiler");
    }
    Ok(())
}
