//! Starts `examples/specimen.rs` as a process, and reads its output.

use std::{
    net::SocketAddr,
    path::PathBuf,
    process::{Output, Stdio},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// Longer than any step of these tests takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A command that starts the specimen with these variables and no others of ours.
pub(crate) fn command(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program());
    command
        .env_clear()
        .env("PRAHO__HTTP__LISTEN", "127.0.0.1:0")
        .env("PRAHO__DATABASE__URL", "postgres://u:hunter2@localhost/db")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Cargo builds examples beside the tests, in `examples` next to `deps`.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("examples/specimen");
    assert!(program.exists(), "build the examples too: {}", program.display());
    program
}

/// Runs the command to its end.
pub(crate) async fn output(mut command: Command) -> Output {
    timeout(PATIENCE, command.output()).await.expect("ends in time").unwrap()
}

/// A specimen that serves HTTP.
pub(crate) struct Specimen {
    pub(crate) address: SocketAddr,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Specimen {
    pub(crate) async fn start(variables: &[(&str, &str)]) -> Self {
        let mut child = command(variables).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut this = Self { address, child, lines };
        let serving = this.line("serving HTTP").await;
        this.address = serving["address"].as_str().unwrap().parse().unwrap();
        this
    }

    /// The next log line with this message.
    pub(crate) async fn line(&mut self, message: &str) -> Value {
        let search = async {
            loop {
                let line = self.lines.next_line().await.unwrap().expect("logs go on");
                let line: Value = serde_json::from_str(&line).expect("each line is JSON");
                if line["message"] == message {
                    return line;
                }
            }
        };
        timeout(PATIENCE, search).await.expect("the line comes")
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().expect("still runs").to_string();
        let sent = std::process::Command::new("sh").args(["-c", "kill -$0 $1", name, &id]).status();
        assert!(sent.unwrap().success());
    }

    /// The exit status, once the process has ended by itself.
    pub(crate) async fn ended(mut self) -> Option<i32> {
        timeout(PATIENCE, self.child.wait()).await.expect("ends in time").unwrap().code()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}
