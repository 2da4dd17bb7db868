//! The program `praho-migrate`.

use std::process::ExitCode;

fn main() -> ExitCode {
    chassis::main("praho-migrate", api::migrate)
}
