//! The host's own `virtualmin` command, as a script that an `sshd` of the test can run.
//!
//! Not recorded. By the source (github:virtualmin/virtualmin-gpl at 8.1.0): a program that lists takes `--json`, sets
//! `--multiline` by it, and names its file in `command` (`commands-lib.pl`); any other program refuses the flag as it refuses
//! an unknown one, and prints plain text.

use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::connection::perform;
use super::envelope;
use super::fault::FaultKind;
use super::outcome::Outcome;
use super::programs;
use super::request::{Command, Format};
use super::shared::Shared;
use super::simulator::Simulator;

const SCRIPT: &str = include_str!("virtualmin.sh");
/// The header with the exit status of a command.
const EXIT_STATUS: &str = "exit-status";

/// The command line of a simulated machine. It stops to work when dropped.
pub struct CommandLine {
    _stop: DropGuard,
}

impl CommandLine {
    /// Writes the command `virtualmin` into `folder`. It acts on the machine of `simulator`, also while the simulator's
    /// `remote.cgi` cannot be reached.
    ///
    /// # Errors
    /// If the file cannot be written or no port is free.
    pub async fn start(simulator: &Simulator, folder: &Path) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("a free port")?;
        let machine = format!("http://{}/", listener.local_addr()?);
        let file = folder.join("virtualmin");
        fs::write(&file, SCRIPT.replace("MACHINE", &machine))
            .and_then(|()| fs::set_permissions(&file, fs::Permissions::from_mode(0o755)))
            .with_context(|| format!("writing {}", file.display()))?;
        let stop = CancellationToken::new();
        let router =
            Router::new().route("/", post(answer)).with_state(Arc::clone(simulator.shared()));
        let serve =
            axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
        tokio::spawn(async move { serve.await });
        Ok(Self { _stop: stop.drop_guard() })
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    body: Bytes,
) -> ([(&'static str, String); 1], String) {
    let text = String::from_utf8_lossy(&body);
    let arguments = text.split_terminator('\0').map(str::to_owned).collect();
    let Outcome { exit_code, output } = run(&shared, arguments).await;
    ([(EXIT_STATUS, exit_code.to_string())], output)
}

async fn run(shared: &Arc<Shared>, mut arguments: Vec<String>) -> Outcome {
    let name = if arguments.is_empty() { String::new() } else { arguments.remove(0) };
    let found = programs::find(&name, &shared.host().world.machine.lacks);
    let Ok(program) = found else {
        return Outcome { exit_code: 1, output: format!("Command {name}.pl was not found\n") };
    };
    let command = command(&name, arguments);
    let mut call = shared.host().begin(program, &command);
    // Other faults are those of the way to `remote.cgi`.
    call.fault = call.fault.filter(|fault| {
        matches!(fault, FaultKind::SuccessWithoutEffect | FaultKind::Failure { .. })
    });
    match perform(shared, call).await {
        None => Outcome { exit_code: 70, output: String::new() },
        Some(outcome) if command.format == Format::Plain => outcome,
        Some(outcome) => {
            let output = envelope::of_outcome(&command, &outcome);
            Outcome { exit_code: outcome.exit_code, output }
        }
    }
}

/// The call that the arguments of a program mean.
fn command(name: &str, mut arguments: Vec<String>) -> Command {
    let lists = name.starts_with("list-") || name == "get-dns";
    let json = arguments.iter().position(|it| it == "--json").filter(|_| lists);
    let Some(json) = json else {
        let program = name.to_owned();
        return Command { program, format: Format::Plain, arguments, multiline: false };
    };
    arguments.remove(json);
    // What comes after it has no say.
    if !arguments[..json].iter().any(|it| it.ends_with("multiline") || it.ends_with("-only")) {
        arguments.insert(json, "--multiline".to_owned());
    }
    Command { program: format!("{name}.pl"), format: Format::Json, arguments, multiline: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, arguments: &[&str]) -> (Format, Vec<String>) {
        let arguments = arguments.iter().map(|it| (*it).to_owned()).collect();
        let command = command(name, arguments);
        (command.format, command.arguments)
    }

    #[test]
    fn only_a_listing_takes_the_flag_of_json() {
        let multiline = vec!["--multiline".to_owned()];
        assert_eq!(read("list-domains", &["--json"]), (Format::Json, multiline));
        let names = vec!["--name-only".to_owned()];
        assert_eq!(read("list-domains", &["--name-only", "--json"]), (Format::Json, names));
        let both = ["--multiline", "--name-only"].map(str::to_owned).to_vec();
        assert_eq!(read("list-domains", &["--json", "--name-only"]), (Format::Json, both));
        let refused = vec!["--json".to_owned()];
        assert_eq!(read("create-domain", &["--json"]), (Format::Plain, refused));
    }
}
