//! The program `praho-provisioning-worker`.

use std::process::ExitCode;

fn main() -> ExitCode {
    chassis::main("praho-provisioning-worker", provisioning_worker::run)
}
