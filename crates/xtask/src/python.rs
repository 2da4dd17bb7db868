//! Python programs from `PyPI` that measure or test PRAHO, each in an environment of its own below `target`.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail, ensure};

use crate::terminal::say;

/// Python with the packages that were installed in `directory`, where it runs.
pub(crate) fn python(directory: &Path) -> Command {
    let mut command = Command::new(directory.join("venv/bin/python"));
    command.current_dir(directory);
    command
}

/// Installs the pinned `packages` in `directory`, unless they are there already.
///
/// # Errors
/// If Python is missing, or `PyPI` does not answer.
pub(crate) async fn install(directory: &Path, name: &str, packages: &[&str]) -> Result<()> {
    let done = directory.join("installed");
    let wanted = packages.join("\n");
    if tokio::fs::read_to_string(&done).await.is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    say(format!("installing {name} from PyPI"));
    let venv = directory.join("venv");
    let made = tokio::process::Command::new("python3").args(["-m", "venv"]).arg(&venv).status();
    if !made.await.is_ok_and(|status| status.success()) {
        bail!("{name} needs Python with venv\nremedy: apt-get install python3-venv");
    }
    let mut pip = tokio::process::Command::from(python(directory));
    let installed = pip.args(["-m", "pip", "install", "-q"]).args(packages).status().await?;
    ensure!(installed.success(), "pip cannot install {name}, see above");
    tokio::fs::write(done, wanted).await?;
    Ok(())
}
