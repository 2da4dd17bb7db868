//! `cargo xtask`: the developer's command, with one file per subcommand.

mod bench;
mod broker;
mod cargo;
mod database;
mod demonstration;
mod down;
mod fuzz;
mod login;
mod progress;
mod python;
mod rest;
mod schemathesis;
mod servers;
mod services;
mod stack;
mod status;
mod terminal;
mod test;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::terminal::complain;

/// Runs PRAHO on this machine, and tests it.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start PRAHO and all it needs on this machine, and provision a first account
    ///
    /// A stack that runs already, or that `down --keep` has stopped, keeps its data. Otherwise the databases are new.
    Up {
        /// Return when everything is running, instead of stopping everything on Ctrl-C
        #[arg(long)]
        detach: bool,
    },
    /// Stop everything that `up` has started, and nothing else; its data are forgotten
    Down {
        /// Keep the data, with which the next `up` goes on
        #[arg(long)]
        keep: bool,
    },
    /// Show what is running, and where
    Status,
    /// Check format and lints, and run all tests against private servers
    Test {
        /// Further arguments of the test runner (cargo-nextest if installed), such as a test's name
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Measure jobs a second, latency and memory in release, beside what the servers alone could do
    #[command(after_long_help = bench::HELP)]
    Bench(bench::Options),
    /// Give the readers of answers and the encoder of calls random inputs: nothing panics, and what is sent is what was meant
    Fuzz {
        /// The random inputs of each test
        #[arg(long, default_value_t = 1_000_000)]
        cases: u32,
    },
    /// Test the REST interface of the running stack against its OpenAPI document, which changes the stack's data
    Schemathesis {
        /// Arguments of `schemathesis run`, such as --include-path
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Start the servers that the tests use, and leave them running for an IDE or for single tests
    Servers {
        /// Stop the servers instead, and delete their data
        #[arg(long)]
        stop: bool,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Up { detach } => up::up(detach).await,
        Command::Down { keep } => down::down(keep).await,
        Command::Status => status::status().await,
        Command::Test { arguments } => test::test(&arguments).await,
        Command::Bench(options) => bench::bench(options).await,
        Command::Fuzz { cases } => fuzz::fuzz(cases).await,
        Command::Schemathesis { arguments } => schemathesis::schemathesis(&arguments).await,
        Command::Servers { stop: false } => servers::start().await,
        Command::Servers { stop: true } => servers::stop().await,
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}
