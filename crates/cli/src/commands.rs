//! The commands, one file for each group.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod dead_letters;
pub(crate) mod dns_servers;
pub(crate) mod domains;
pub(crate) mod drift;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod plans;
pub(crate) mod programs;
pub(crate) mod publishers;
pub(crate) mod servers;
pub(crate) mod services;
pub(crate) mod tenants;
pub(crate) mod tokens;

use std::{process::ExitCode, time::Duration};

use clap::CommandFactory;

use crate::{
    arguments::{Arguments, Command},
    client::Client,
    environment::Environment,
    failure::Failure,
    output::Output,
    session::Session,
    settings::Settings,
};

/// Runs the command that the arguments name.
pub(crate) async fn run(arguments: Arguments, environment: Environment) -> ExitCode {
    let output = Output::new(arguments.output, !arguments.no_color && !environment.no_color);
    match dispatch(arguments, environment, output).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            failure.exit_code().into()
        }
    }
}

async fn dispatch(
    arguments: Arguments,
    environment: Environment,
    output: Output,
) -> Result<(), Failure> {
    // Completions need no API, so no URL and no token.
    if let Command::Completions { shell } = arguments.command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), "praho", &mut script);
        return output.text(&String::from_utf8_lossy(&script));
    }
    let settings = Settings::settle(arguments.connection, environment)?;
    if settings.is_exposed() {
        output.note("the token goes unencrypted over the network: use https");
    }
    let client = Client::new(&settings, Duration::from_secs(arguments.timeout))?;
    let session = Session { client, output };
    match arguments.command {
        Command::Plans(command) => plans::run(command, &session).await,
        Command::Servers(command) => servers::run(command, &session).await,
        Command::Programs(command) => programs::run(command, &session).await,
        Command::DnsServers(command) => dns_servers::run(command, &session).await,
        Command::Services(command) => services::run(command, &session).await,
        Command::Accounts(command) => accounts::run(command, &session).await,
        Command::Jobs(command) => jobs::run(command, &session).await,
        Command::DeadLetters(command) => dead_letters::run(command, &session).await,
        Command::Domains(command) => domains::run(command, &session).await,
        Command::Drift(command) => drift::run(command, &session).await,
        Command::Audit(command) => audit::run(command, &session).await,
        Command::Keys(command) => keys::run(command, &session).await,
        Command::Tenants(command) => tenants::run(command, &session).await,
        Command::Publishers(command) => publishers::run(command, &session).await,
        Command::Tokens(command) => tokens::run(command, &session).await,
        Command::Completions { .. } => Ok(()),
    }
}
