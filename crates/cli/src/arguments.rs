//! The command line: global options, and the groups of commands.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum, builder::NonEmptyStringValueParser};
use uuid::Uuid;

use crate::commands::{
    accounts, dead_letters, dns_servers, drift, jobs, plans, servers, services, tenants, tokens,
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

Where the API is and which token is shown: a flag wins over the environment (PRAHO_GRPC_URL,
PRAHO_API_TOKEN, PRAHO_PROFILE), the environment over ~/.config/praho/config.toml,
which must be yours alone (chmod 600) if a token is in it:
  [profiles.default]
  url = \"https://api.example.ro:8443\"
  token = \"praho_...\"
  [profiles.staging]
  url = \"https://api.staging.example.ro:8443\"
  token_file = \"/run/secrets/praho-staging\"";

/// Over every option that any command takes.
const GLOBAL: &str = "Global options";

/// Operates PRAHO: its tenants, servers, services, accounts and jobs
#[derive(Debug, Parser)]
#[command(name = "praho", version, after_help = AFTER_HELP, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) connection: Connection,
    // The values' own descriptions would make every help four times as long.
    #[arg(long, short, global = true, help_heading = GLOBAL, hide_possible_values = true)]
    #[arg(value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
    #[arg(help = "table, fitted to the terminal; json or yaml, the API's own messages")]
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

/// Where the API is, and who asks.
#[derive(Args, Debug, Default)]
pub(crate) struct Connection {
    #[arg(long, global = true, help_heading = GLOBAL)]
    #[arg(help = "The API's gRPC address, such as https://api.example.ro [env: PRAHO_GRPC_URL]")]
    pub(crate) url: Option<String>,
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "PATH")]
    #[arg(help = "A file that holds the API token [env, the token itself: PRAHO_API_TOKEN]")]
    pub(crate) token_file: Option<PathBuf>,
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "NAME")]
    #[arg(
        help = "A profile of the configuration file, before the environment [env: PRAHO_PROFILE]"
    )]
    pub(crate) profile: Option<String>,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, fitted to the terminal
    Table,
    /// The messages of the API; a list is one array
    Json,
    /// The same as YAML
    Yaml,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What is sold
    #[command(subcommand)]
    Plans(plans::Command),
    /// Virtualmin hosts
    #[command(subcommand)]
    Servers(servers::Command),
    /// DNS servers that zones are written to
    #[command(subcommand)]
    DnsServers(dns_servers::Command),
    /// Plans sold to customers: created, activated, suspended, terminated
    #[command(subcommand)]
    Services(services::Command),
    /// Virtual servers that carry services
    #[command(subcommand)]
    Accounts(accounts::Command),
    /// The work behind every change
    #[command(subcommand)]
    Jobs(jobs::Command),
    /// Jobs that failed for good, and messages that nobody could use
    #[command(subcommand)]
    DeadLetters(dead_letters::Command),
    /// How servers differ from what they should be, and what is done about it
    #[command(subcommand)]
    Drift(drift::Command),
    /// Hosting companies on the platform
    #[command(subcommand)]
    Tenants(tenants::Command),
    /// What calls are allowed with: viewer, operator, admin, owner
    #[command(subcommand)]
    Tokens(tokens::Command),
    /// Write a completion script, such as: source <(praho completions bash)
    Completions { shell: clap_complete::Shell },
}

/// How much of a list.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Limit {
    /// At most so many, the newest first; without it all of them
    #[arg(long, value_name = "NUMBER")]
    pub(crate) limit: Option<usize>,
}

/// One intent, carried out once however often it is sent.
#[derive(Args, Clone, Debug)]
pub(crate) struct Intent {
    /// Repeats an earlier command under its id, which is then carried out once only
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    request_id: Option<String>,
}

impl Intent {
    /// The id that was given, or a new one.
    pub(crate) fn id(self) -> String {
        self.request_id.unwrap_or_else(|| Uuid::new_v4().to_string())
    }
}

/// Whether to stay until the job has ended.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Wait {
    /// Show the job's steps until it has ended; the exit code is 0 only if it completed
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) patience: Patience,
}

/// How long to stay.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Seconds to wait at most
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    wait_timeout: u64,
}

impl Patience {
    pub(crate) fn limit(self) -> Duration {
        Duration::from_secs(self.wait_timeout)
    }
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
        let changes = [
            "plans create",
            "servers register",
            "servers verify",
            "servers set-status",
            "dns-servers register",
            "services create",
            "services activate",
            "services suspend",
            "services unsuspend",
            "services terminate",
            "accounts protect",
            "accounts unprotect",
            "jobs retry",
            "jobs cancel",
            "dead-letters redrive",
            "dead-letters discard",
            "drift scan",
            "drift accept",
            "drift heal",
            "drift policy",
            "tenants create",
            "tokens create",
            "tokens revoke",
        ];
        let whole = Arguments::command();
        for change in changes {
            let found = change.split(' ').try_fold(&whole, |it, name| it.find_subcommand(name));
            let has = found.unwrap().get_arguments().any(|it| it.get_id() == "request_id");
            assert!(has, "{change}");
        }
    }
}
