//! `cargo xtask test`: every check that must pass before a change is merged.

mod slowest;

use std::fs;
use std::process::{ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};
use serde::Serialize;
use tokio::process::Command;

use crate::cargo::{cargo, run};
use crate::servers::{self, Found};
use crate::terminal::say;

/// A step in the summary.
#[derive(Serialize)]
struct Step {
    name: &'static str,
    seconds: f64,
    passed: bool,
}

impl Step {
    fn ended(name: &'static str, start: Instant, passed: bool) -> Self {
        Self { name, seconds: start.elapsed().as_secs_f64(), passed }
    }
}

/// Starts the servers, checks the format, builds with lints, tests, and stops the servers that it has
/// started.
///
/// `arguments` go to the test runner. Every step runs even after an earlier failure, so that one run shows
/// all errors.
pub(crate) async fn test(arguments: &[String]) -> Result<ExitCode> {
    let start = Instant::now();
    let found = servers::ensure().await?;
    let mut steps = vec![Step::ended("test servers", start, true)];
    let outcome = run_steps(arguments, &mut steps).await;
    if found == Found::Started {
        servers::stop().await?;
    }
    outcome?;
    keep(&steps)?;
    let slowest = slowest::lines()?;
    if !slowest.is_empty() {
        say(format!("\nThe ten slowest tests:\n{}", slowest.join("\n")));
    }
    Ok(summary(&steps, start.elapsed().as_secs_f64()))
}

async fn run_steps(arguments: &[String], steps: &mut Vec<Step>) -> Result<()> {
    let runner: &[&str] = if has_nextest().await { &["nextest", "run"] } else { &["test"] };
    let tests = [runner, &["--workspace"]].concat();
    let build = [&tests[..], &["--no-run"]].concat();
    let mut tests = [&tests[..], &["--no-fail-fast"]].concat();
    tests.extend(arguments.iter().map(String::as_str));
    slowest::forget()?;
    let format = vec!["fmt", "--all", "--check"];
    for (name, arguments) in [("format", format), ("build and lints", build), ("tests", tests)] {
        say(format!("\n$ cargo {}", arguments.join(" ")));
        let start = Instant::now();
        let mut command = cargo(&arguments);
        lint(&mut command);
        // Fault tests run one at a time (`.config/nextest.toml`); `cargo test` can only limit all tests.
        command.env("RUST_TEST_THREADS", "1");
        let status = run(command).await?;
        steps.push(Step::ended(name, start, status.success()));
    }
    Ok(())
}

/// Makes the command compile the workspace with Clippy's driver, which is rustc with more lints.
///
/// `cargo clippy` makes check builds, which cannot run, so everything would be compiled twice.
pub(crate) fn lint(command: &mut Command) {
    command.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver");
    // The form in which `cargo clippy` passes its arguments to the driver.
    command.env("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__");
}

async fn has_nextest() -> bool {
    let mut command = cargo(&["nextest", "--version"]);
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().await;
    status.is_ok_and(|status| status.success())
}

/// Writes the times of the steps to a file, so that runs can be compared.
fn keep(steps: &[Step]) -> Result<()> {
    let file = testkit::servers::directory().with_file_name("test-times.json");
    fs::write(&file, serde_json::to_string_pretty(steps)?)
        .with_context(|| format!("cannot write {}", file.display()))
}

fn summary(steps: &[Step], took: f64) -> ExitCode {
    say("");
    for Step { name, seconds, passed } in steps {
        let verdict = if *passed { "ok" } else { "FAILED" };
        say(format!("{name:<16}{seconds:>8.1} s  {verdict}"));
    }
    let failed: Vec<_> = steps.iter().filter(|step| !step.passed).map(|step| step.name).collect();
    if failed.is_empty() {
        say(format!("All passed in {took:.1} s."));
        ExitCode::SUCCESS
    } else {
        say(format!("FAILED after {took:.1} s: {}.", failed.join(", ")));
        ExitCode::FAILURE
    }
}
