//! The servers that must be installed on this Debian machine, and their installation.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::postgres::{self, is_root};
use crate::{openssh, powerdns, rabbitmq};

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
    let needed: [(&str, bool); 9] = [
        ("bind9-dnsutils", Path::new("/usr/bin/dig").exists()),
        ("curl", Path::new("/usr/bin/curl").exists()),
        ("jq", Path::new("/usr/bin/jq").exists()),
        ("openssh-server", Path::new(openssh::PROGRAM).exists()),
        ("pdns-backend-sqlite3", backend() && Path::new(powerdns::SCHEMA).exists()),
        ("pdns-server", Path::new(powerdns::PROGRAM).exists()),
        ("postgresql", postgres::programs().is_ok()),
        ("rabbitmq-server", rabbitmq::programs().is_ok()),
        ("sqlite3", Path::new("/usr/bin/sqlite3").exists()),
    ];
    needed.into_iter().filter(|(_, found)| !found).map(|(package, _)| package).collect()
}

/// A shell script for root that installs `packages` with the present package lists of Debian.
///
/// It starts no server: while packages are installed, Debian's `policy-rc.d` interface forbids it (exit status
/// 101). A policy that the machine has already stays as it is.
#[must_use]
pub fn script(packages: &[&str]) -> String {
    script_under(POLICY, packages)
}

fn script_under(policy: &str, packages: &[&str]) -> String {
    format!(
        "p={policy}; if [ ! -e $p ]; then trap \"rm -f $p\" EXIT INT TERM; \
         printf \"#!/bin/sh\\nexit 101\\n\" >$p; chmod 755 $p; fi; \
         apt-get update -q || true; \
         DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    )
}

/// The command that runs `script`, for a user who is not root.
fn command(script: &str) -> String {
    format!("sudo sh -ec '{script}'")
}

/// Installs the missing packages as root; for any other user the error names the command to run.
///
/// `report` gets a line before the installation. The packages start no server, because the tests use private
/// servers and leave the machine's own servers alone.
///
/// # Errors
/// If something is missing and cannot be installed; the error holds the command to run.
pub async fn ensure(report: impl Fn(&str)) -> Result<()> {
    let packages = missing();
    if packages.is_empty() {
        return Ok(());
    }
    let (names, script) = (packages.join(", "), script(&packages));
    let remedy = command(&script);
    if !is_root() {
        bail!("missing on this machine: {names}\nremedy, which starts none of them: {remedy}");
    }
    report(&format!("installing {names}"));
    shell(&script).await.with_context(|| format!("cannot install {names}\nremedy: {remedy}"))?;
    let still = missing();
    if !still.is_empty() {
        let still = still.join(", ");
        bail!("installed, but too old or in an unknown place: {still}\nremedy: {remedy}");
    }
    Ok(())
}

async fn shell(script: &str) -> Result<()> {
    let mut child = Command::new("sh").args(["-ec", script]).spawn().context("cannot run sh")?;
    // Ctrl-C stops apt-get too. This process waits for the script, which still removes the policy.
    let (status, interrupted) = tokio::select! {
        status = child.wait() => (status?, false),
        _ = tokio::signal::ctrl_c() => (child.wait().await?, true),
    };
    if interrupted {
        bail!("interrupted");
    }
    if !status.success() {
        bail!("apt-get ended with {status}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    use super::*;

    /// Runs the command for a user with a `sudo` that changes nothing and an `apt-get` that runs `body`; returns
    /// whether it succeeded.
    fn run(folder: &Path, body: &str) -> bool {
        for (name, text) in [("sudo", "exec \"$@\""), ("apt-get", body)] {
            let file = folder.join(name);
            fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let policy = folder.join("policy-rc.d");
        let script = script_under(policy.to_str().unwrap(), &["postgresql", "sqlite3"]);
        let path = format!("{}:/usr/bin:/bin", folder.display());
        let status = Command::new("sh")
            .args(["-c", &command(&script)])
            .env("PATH", path)
            .env_remove("DEBIAN_FRONTEND")
            .current_dir(folder)
            .status()
            .unwrap();
        status.success()
    }

    #[test]
    fn one_command_installs_with_present_lists_and_lets_no_server_start() {
        let folder = crate::Scratch::new("installation");
        let policy = folder.path().join("policy-rc.d");
        // Notes what it is asked for, and what the policy says to a package that starts its server.
        let body = "./policy-rc.d; echo \"$DEBIAN_FRONTEND $? $*\" >>calls";
        assert!(run(folder.path(), body));
        assert_eq!(
            fs::read_to_string(folder.path().join("calls")).unwrap(),
            " 101 update -q\n\
             noninteractive 101 install -y --no-install-recommends postgresql sqlite3\n"
        );
        assert!(!policy.exists(), "the policy is removed again");
    }

    #[test]
    fn a_failed_installation_is_reported_and_removes_the_policy_too() {
        let folder = crate::Scratch::new("installation");
        assert!(!run(folder.path(), "[ $1 = update ]"));
        assert!(!folder.path().join("policy-rc.d").exists());
        assert!(run(folder.path(), "[ $1 = install ]"), "an old package list may suffice");
    }

    #[test]
    fn a_policy_of_the_machine_stays() {
        let folder = crate::Scratch::new("installation");
        let policy = folder.path().join("policy-rc.d");
        fs::write(&policy, "own").unwrap();
        assert!(run(folder.path(), "true"));
        assert_eq!(fs::read_to_string(policy).unwrap(), "own");
    }
}
