//! The command line: the groups of commands, and the end of `--help`.

use clap::{Parser, Subcommand};

use crate::{
    commands::{
        accounts, audit, dead_letters, dns_servers, domains, drift, jobs, keys, plans, programs,
        publishers, servers, services, tenants, tokens,
    },
    options::{Connection, Format, GLOBAL},
};

const AFTER_HELP: &str = "\
Exit codes:
  0    done; with --wait: the job completed, the server was seen
  1    the job did not complete, the server was not seen, or another failure
  2    wrong usage or input
  3    not found
  4    refused, or in conflict with what is there
  5    not authenticated, or not allowed
  6    the API is unavailable, busy or too slow
  130  interrupted; what was waited for goes on

The address of the API and the token: a flag wins over the environment (PRAHO_GRPC_URL,
PRAHO_API_TOKEN, PRAHO_CA_FILE, PRAHO_PROFILE), the environment over
~/.config/praho/config.toml, which only you may access (chmod 600) if it holds a token:
  [profiles.default]
  url = \"https://api.example.ro:8443\"
  token = \"praho_...\"
  [profiles.staging]
  url = \"https://api.staging.example.ro:8443\"
  token_file = \"/run/secrets/praho-staging\"";

/// Operate PRAHO: its tenants, servers, services, accounts and jobs
#[derive(Debug, Parser)]
#[command(name = "praho", version, after_help = AFTER_HELP, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) connection: Connection,
    // Without this, the description of each value would make every help text four times as long.
    #[arg(long, short, global = true, help_heading = GLOBAL, hide_possible_values = true)]
    #[arg(value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
    #[arg(
        help = "table, fitted to the terminal; wide, with ids too; json or yaml, the API's messages"
    )]
    pub(crate) output: Format,
    #[arg(long, global = true, help_heading = GLOBAL)]
    #[arg(help = "No colours, as with the variable NO_COLOR; without a terminal there are none")]
    pub(crate) no_color: bool,
    /// Seconds that one call to the API may take
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "SECONDS")]
    #[arg(default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) timeout: u64,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Plans: the limits and features of services
    #[command(subcommand)]
    Plans(plans::Command),
    /// Virtualmin hosts
    #[command(subcommand)]
    Servers(servers::Command),
    /// Programs of Virtualmin, called directly
    #[command(subcommand)]
    Programs(programs::Command),
    /// DNS servers that hold the zones
    #[command(subcommand)]
    DnsServers(dns_servers::Command),
    /// Plans sold to customers: create, activate, suspend, terminate
    #[command(subcommand)]
    Services(services::Command),
    /// Virtual servers of services
    #[command(subcommand)]
    Accounts(accounts::Command),
    /// The jobs behind every change
    #[command(subcommand)]
    Jobs(jobs::Command),
    /// Jobs that failed for good, and messages that were refused or unreadable
    #[command(subcommand)]
    DeadLetters(dead_letters::Command),
    /// Differences between servers and what they should be, and how they are healed
    #[command(subcommand)]
    Drift(drift::Command),
    /// The audit log: who changed what, and proof that nobody rewrote it
    #[command(subcommand)]
    Audit(audit::Command),
    /// Domains that several tenants want; for owners of the platform's tenant
    #[command(subcommand)]
    Domains(domains::Command),
    /// The keys that seal passwords and credentials, and their rotation. Needs an owner of the platform's tenant
    #[command(subcommand)]
    Keys(keys::Command),
    /// Hosting companies on the platform
    #[command(subcommand)]
    Tenants(tenants::Command),
    /// API tokens and their roles: viewer, operator, admin, owner
    #[command(subcommand)]
    Tokens(tokens::Command),
    /// RabbitMQ users whose commands act for a tenant
    #[command(subcommand)]
    Publishers(publishers::Command),
    /// Write a completion script, such as: source <(praho completions bash)
    Completions { shell: clap_complete::Shell },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn no_secret_is_an_argument() {
        fn check(command: &clap::Command) {
            for argument in command.get_arguments() {
                let id = argument.get_id().as_str();
                assert!(!["token", "password", "api_key"].contains(&id), "{id}");
            }
            command.get_subcommands().for_each(check);
        }
        check(&Arguments::command());
    }

    #[test]
    fn every_change_can_be_repeated_under_its_id() {
        const READING: [&str; 9] = [
            "list",
            "get",
            "show",
            "watch",
            "status",
            "completions",
            "export",
            "audit verify",
            "programs answer",
        ];
        fn check(group: &str, command: &clap::Command) {
            let name = command.get_name();
            let path = format!("{group} {name}");
            let reads = READING.iter().any(|it| *it == name || *it == path);
            let repeats = command.get_arguments().any(|it| it.get_id() == "request_id");
            assert_eq!(!command.has_subcommands() && !reads, repeats, "{path}");
            command.get_subcommands().for_each(|it| check(name, it));
        }
        check("", &Arguments::command());
    }
}
