//! `cargo xtask fuzz`: the property tests of parsers and encoders, with far more random inputs than `test` gives them.

use std::process::ExitCode;

use anyhow::Result;

use crate::cargo::{cargo, run};
use crate::terminal::say;
use crate::test::lint;

/// Runs every test in a module `fuzz` with so many random inputs. A failing input is made small, printed, and kept beside the
/// test, where `test` tries it from then on.
///
/// # Errors
/// If the tests cannot be run.
pub(crate) async fn fuzz(cases: u32) -> Result<ExitCode> {
    let arguments = ["test", "--workspace", "--lib", "fuzz::"];
    say(format!("$ PROPTEST_CASES={cases} cargo {}", arguments.join(" ")));
    let mut command = cargo(&arguments);
    // As `test` builds, so that nothing is compiled twice.
    lint(&mut command);
    command.env("PROPTEST_CASES", cases.to_string());
    let passed = run(command).await?.success();
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
