//! The servers that must be installed on this Debian machine, and their installation.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::postgres::{self, is_root};
use crate::{powerdns, rabbitmq};

const POLICY: &str = "/usr/sbin/policy-rc.d";

/// The missing Debian packages, sorted by name.
///
/// The check looks at the files on disk and their versions, whatever installed them.
#[must_use]
pub fn missing() -> Vec<&'static str> {
    let backend = || {
        let libraries = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
        libraries
            .map(|folder| folder.path().join("pdns/libgsqlite3backend.so"))
            .any(|file| file.exists())
    };
    let needed: [(&str, bool); 6] = [
        ("bind9-dnsutils", Path::new("/usr/bin/dig").exists()),
        ("pdns-backend-sqlite3", backend() && Path::new(powerdns::SCHEMA).exists()),
        ("pdns-server", Path::new(powerdns::PROGRAM).exists()),
        ("postgresql", postgres::programs().is_ok()),
        ("rabbitmq-server", rabbitmq::programs().is_ok()),
        ("sqlite3", Path::new("/usr/bin/sqlite3").exists()),
    ];
    needed.into_iter().filter(|(_, found)| !found).map(|(package, _)| package).collect()
}

/// The command that installs `packages`.
#[must_use]
pub fn command(packages: &[&str]) -> String {
    format!(
        "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    )
}

/// Installs the missing packages as root; for any other user the error names the command to run.
///
/// `report` gets a line before each installation. The packages start no server, because the tests use private
/// servers and leave the machine's own servers alone.
///
/// # Errors
/// If something is missing and cannot be installed; the error holds the command to run.
pub async fn ensure(report: impl Fn(&str)) -> Result<()> {
    let packages = missing();
    if packages.is_empty() {
        return Ok(());
    }
    let command = command(&packages);
    if !is_root() {
        bail!("missing on this machine: {}\nremedy: sudo sh -c '{command}'", packages.join(", "));
    }
    report(&format!("installing {}", packages.join(", ")));
    let nothing_starts = NothingStarts::declare()?;
    // The installation may succeed with an old package list.
    let _ = shell("apt-get update -q").await;
    let installed = shell(&command).await;
    drop(nothing_starts);
    installed.with_context(|| format!("cannot install what is missing\nremedy: {command}"))?;
    let still = missing();
    if !still.is_empty() {
        let still = still.join(", ");
        bail!(
            "installed, but too old or in an unknown place: {still}\nremedy: sudo sh -c '{command}'"
        );
    }
    Ok(())
}

async fn shell(command: &str) -> Result<()> {
    let mut child = Command::new("sh").args(["-c", command]).spawn().context("cannot run sh")?;
    // Ctrl-C stops apt-get too. This process waits for it, because it must still remove the policy.
    let (status, interrupted) = tokio::select! {
        status = child.wait() => (status?, false),
        _ = tokio::signal::ctrl_c() => (child.wait().await?, true),
    };
    if interrupted {
        bail!("interrupted");
    }
    if !status.success() {
        bail!("`{command}` ended with {status}");
    }
    Ok(())
}

/// Keeps packages from starting, stopping or restarting servers while this value exists (Debian's
/// `policy-rc.d` interface: exit status 101 forbids the action). An existing policy is left unchanged.
struct NothingStarts(bool);

impl NothingStarts {
    fn declare() -> Result<Self> {
        if Path::new(POLICY).exists() {
            return Ok(Self(false));
        }
        fs::write(POLICY, "#!/bin/sh\n# Temporary: cargo xtask installs packages.\nexit 101\n")
            .and_then(|()| fs::set_permissions(POLICY, fs::Permissions::from_mode(0o755)))
            .with_context(|| format!("cannot write {POLICY}"))?;
        Ok(Self(true))
    }
}

impl Drop for NothingStarts {
    fn drop(&mut self) {
        if self.0 {
            let _ = fs::remove_file(POLICY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_command_installs_everything_without_a_question() {
        assert_eq!(
            command(&["postgresql", "sqlite3"]),
            "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql sqlite3"
        );
    }
}
