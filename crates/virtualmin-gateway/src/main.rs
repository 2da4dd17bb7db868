//! The program `praho-virtualmin-gateway`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    chassis::main("praho-virtualmin-gateway", virtualmin_gateway::run)
}
