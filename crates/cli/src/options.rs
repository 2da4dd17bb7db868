//! The options that commands share.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum, builder::NonEmptyStringValueParser};
use uuid::Uuid;

/// The heading in `--help` above the options of every command.
pub(crate) const GLOBAL: &str = "Global options";

/// The API and the token.
#[derive(Args, Debug, Default)]
pub(crate) struct Connection {
    #[arg(long, global = true, help_heading = GLOBAL)]
    #[arg(help = "The API's gRPC address, such as https://api.example.ro [env: PRAHO_GRPC_URL]")]
    pub(crate) url: Option<String>,
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "PATH")]
    #[arg(help = "A file that holds the API token [env, the token itself: PRAHO_API_TOKEN]")]
    pub(crate) token_file: Option<PathBuf>,
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "PATH")]
    #[arg(
        help = "The root certificates (PEM) of the API, instead of the system's [env: PRAHO_CA_FILE]"
    )]
    pub(crate) ca_file: Option<PathBuf>,
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "NAME")]
    #[arg(
        help = "A profile of the configuration file, before the environment [env: PRAHO_PROFILE]"
    )]
    pub(crate) profile: Option<String>,
}

/// How results are written
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, fitted to the terminal
    Table,
    /// A table with every column, ids too, whatever the width of the terminal
    Wide,
    /// The messages of the API
    Json,
    /// The same as YAML
    Yaml,
}

/// The length of a list
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Limit {
    /// Show at most this many, newest first; without it, all
    #[arg(long, value_name = "NUMBER", value_parser = at_least_one)]
    pub(crate) limit: Option<usize>,
    /// Go on after an earlier list: the token that it ended with
    #[arg(long, value_name = "TOKEN", default_value = "", hide_default_value = true)]
    pub(crate) page_token: String,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    let number: usize = text.parse().map_err(|_| "is not a number".to_owned())?;
    if number == 0 { Err("give 1 or more".to_owned()) } else { Ok(number) }
}

/// The id of a change, which the API carries out once however often it is sent
#[derive(Args, Clone, Debug)]
pub(crate) struct Intent {
    /// Repeat an earlier command with its id; the API carries it out only once
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    request_id: Option<String>,
}

impl Intent {
    /// The given id, or a new one.
    pub(crate) fn id(self) -> String {
        self.request_id.unwrap_or_else(|| Uuid::new_v4().to_string())
    }
}

/// Whether to wait until the job has ended
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Wait {
    /// Show the job's steps until it has ended; the exit code is 0 only if it completed
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) patience: Patience,
}

/// How long to wait
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Wait at most this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    wait_timeout: u64,
}

impl Patience {
    pub(crate) fn limit(self) -> Duration {
        Duration::from_secs(self.wait_timeout)
    }
}
