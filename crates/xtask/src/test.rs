//! `cargo xtask test`: everything that must hold before a change is merged.

use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::cargo::{cargo, run};
use crate::servers::{self, Found};
use crate::terminal::say;

/// One line of the summary.
struct Step {
    name: &'static str,
    took: Duration,
    passed: bool,
}

/// Starts the servers, checks format and lints, builds, tests, and stops what it has started.
///
/// `arguments` go to the test runner. Every step runs, also after one has failed, so that one run
/// tells all there is to mend.
pub(crate) async fn test(arguments: &[String]) -> Result<ExitCode> {
    let start = Instant::now();
    let found = servers::ensure().await?;
    let mut steps = vec![Step { name: "test servers", took: start.elapsed(), passed: true }];
    let outcome = run_steps(arguments, &mut steps).await;
    if found == Found::Started {
        servers::stop().await?;
    }
    outcome?;
    Ok(summary(&steps, start.elapsed()))
}

async fn run_steps(arguments: &[String], steps: &mut Vec<Step>) -> Result<()> {
    let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut tests = if has_nextest().await {
        own(&["nextest", "run", "--workspace", "--no-fail-fast"])
    } else {
        own(&["test", "--workspace", "--no-fail-fast"])
    };
    tests.extend_from_slice(arguments);
    let commands = [
        ("format", own(&["fmt", "--all", "--check"])),
        ("lints", own(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])),
        ("programs", own(&["build", "--workspace", "--bins"])),
        ("tests", tests),
    ];
    for (name, arguments) in commands {
        announce(&arguments);
        let start = Instant::now();
        let mut command = cargo(&arguments);
        // Some tests need the machine for themselves (`.config/nextest.toml`), which `cargo test` cannot be told.
        command.env("RUST_TEST_THREADS", "1");
        let status = run(command).await?;
        steps.push(Step { name, took: start.elapsed(), passed: status.success() });
    }
    Ok(())
}

async fn has_nextest() -> bool {
    let mut command = cargo(&["nextest", "--version"]);
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().await;
    status.is_ok_and(|status| status.success())
}

fn announce(arguments: &[String]) {
    say(format!("\n$ cargo {}", arguments.join(" ")));
}

fn summary(steps: &[Step], took: Duration) -> ExitCode {
    say("");
    for Step { name, took, passed } in steps {
        let verdict = if *passed { "ok" } else { "FAILED" };
        say(format!("{name:<14}{:>8.1} s  {verdict}", took.as_secs_f64()));
    }
    let failed: Vec<_> = steps.iter().filter(|step| !step.passed).map(|step| step.name).collect();
    let took = took.as_secs_f64();
    if failed.is_empty() {
        say(format!("All passed in {took:.1} s."));
        ExitCode::SUCCESS
    } else {
        say(format!("FAILED after {took:.1} s: {}.", failed.join(", ")));
        ExitCode::FAILURE
    }
}
