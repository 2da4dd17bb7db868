//! `cargo xtask`: the developer's command. One file per subcommand.

mod servers;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs PRAHO on this machine, and tests it.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the servers that the tests use, and leave them running for an IDE or for single tests
    Servers {
        /// Stop them instead, and throw their data away
        #[arg(long)]
        stop: bool,
    },
}

#[tokio::main]
#[expect(clippy::print_stderr, reason = "this is a program for a terminal")]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Servers { stop: false } => servers::start().await,
        Command::Servers { stop: true } => servers::stop().await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
