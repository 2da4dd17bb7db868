//! `praho`: the operator's command, a client of the public gRPC API only.

mod arguments;
mod awaited;
mod client;
mod commands;
mod configuration;
mod environment;
mod failure;
mod field;
mod job_lines;
mod listing;
mod options;
mod output;
mod palette;
mod progress;
mod question;
mod resources;
mod secrets;
mod session;
mod settings;
mod table;
mod waiting;

use std::process::ExitCode;

use clap::Parser;

use crate::{arguments::Arguments, environment::Environment};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    commands::run(Arguments::parse(), Environment::read()).await
}
