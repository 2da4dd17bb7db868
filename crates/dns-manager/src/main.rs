//! The program `praho-dns-manager`.

use std::process::ExitCode;

fn main() -> ExitCode {
    chassis::main("praho-dns-manager", dns_manager::run)
}
