//! The program `praho-drift-reconciler`.

use std::process::ExitCode;

fn main() -> ExitCode {
    chassis::main("praho-drift-reconciler", drift_reconciler::run)
}
