//! The program `praho-api`.

use std::process::ExitCode;

fn main() -> ExitCode {
    chassis::main("praho-api", api::run)
}
