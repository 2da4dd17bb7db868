//! The options that commands share.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum, builder::NonEmptyStringValueParser};
use uuid::Uuid;

/// The heading in `--help` over the options that every command takes.
pub(crate) const GLOBAL: &str = "Global options";

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
