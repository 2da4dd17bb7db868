//! The second road to a host: its own `virtualmin` command, over SSH, while the panel is down and a person allows it.
//!
//! The same request goes out and the same answer comes back: a listing prints the JSON of `remote.cgi`, and the text of other
//! programs is wrapped here as `remote.cgi` wraps it (`convert_remote_format` in `json-lib.pl`,
//! github:virtualmin/virtualmin-gpl at 8.1.0). A password goes to the program's standard input, which no other user of the host
//! can read and which leaves no file behind if the connection breaks.

use std::{fmt, time::Duration};

use egress::Egress;
use model::{
    fault::{Effect, Fault, FaultKind},
    secret::Secret,
    shell,
};
use serde_json::json;
use ssh::{Chunk, Connection, Ended, Host, NoConnection, NotRun, Running};
use tokio::time::{Instant, timeout_at};

use super::{
    body::Body,
    broken::Broken,
    budget::Budget,
    command_line::{self, CommandLine, Prints},
    errand::Bounds,
    request::Request,
    transport::Answer,
};

/// Gives the command its input through a pipe, because `sshd` may hand it a socket, which no program can open as
/// `/dev/stdin`; and joins errors to the output, as `remote.cgi` does. The arguments stand behind it and are not its text.
const TEXT: &str = "cat | \"$@\" 2>&1";
/// The same for JSON, which errors would spoil.
const JSON: &str = "cat | \"$@\"";
/// What a shell answers for a command that is not there.
const NO_COMMAND: u32 = 127;

/// The way to the shell of one host, for as long as a person allows it.
pub(crate) struct Shell {
    egress: Egress,
    budget: Budget,
    host: Host,
    private_key: Secret,
    /// How long a connection may take to open.
    connect_timeout: Duration,
    until: Instant,
}

impl Shell {
    /// The way that a server's row names, until this moment.
    pub(crate) fn new(
        egress: Egress,
        budget: Budget,
        way: &shell::Shell,
        private_key: Secret,
        connect_timeout: Duration,
        until: Instant,
    ) -> Self {
        let host = Host {
            name: way.host.clone(),
            port: way.port,
            user: way.user.clone(),
            keys: way.keys.clone(),
        };
        Self { egress, budget, host, private_key, connect_timeout, until }
    }

    /// Whether it may still be gone.
    pub(crate) fn is_open(&self) -> bool {
        Instant::now() < self.until
    }

    /// Runs the program and returns what `remote.cgi` would have answered.
    ///
    /// # Errors
    /// `Unavailable` also for a call that only the panel can make. The effect says whether the program may have run.
    pub(super) async fn call(
        &self,
        request: &Request,
        bounds: Bounds,
        deadline: Instant,
    ) -> Result<Answer, Fault> {
        let deadline = deadline.min(Instant::now() + bounds.total);
        let line = command_line::of(request).map_err(|why| {
            let name = request.program().name;
            Fault::new(FaultKind::Unavailable, format!("`{name}` cannot be called over SSH: {why}"))
        })?;
        let mutates = request.program().mutates();
        let connect = deadline.min(Instant::now() + self.connect_timeout);
        let connection = Connection::open(&self.egress, &self.host, &self.private_key, connect);
        let connection = connection.await.map_err(|why| not_connected(&why))?;
        let script = match line.prints {
            Prints::Json => JSON,
            Prints::Text => TEXT,
        };
        let mut arguments = vec!["sh", "-c", script, "sh"];
        arguments.extend(line.arguments.iter().map(String::as_str));
        let stdin = line.stdin.as_ref().map_or("", Secret::expose).as_bytes();
        let running = connection.start(&arguments, stdin, deadline).await;
        let running = running.map_err(|why| not_run(&why, mutates))?;
        let read = timeout_at(deadline, self.read(running, request, &line, bounds)).await;
        read.unwrap_or(Err(Broken::TimedOut)).map_err(|broken| no_answer(&broken, mutates))
    }

    async fn read(
        &self,
        mut running: Running<'_>,
        request: &Request,
        line: &CommandLine,
        bounds: Bounds,
    ) -> Result<Answer, Broken> {
        let lost = |why: ssh::Why| Broken::Cut(why.to_string());
        let mut body = Body::new(&self.budget, bounds);
        while let Some(chunk) = body.wait(running.chunk()).await?.map_err(lost)? {
            match chunk {
                Chunk::Stdout(more) => body.push(&more).await?,
                // Beside JSON; it is read and dropped, so that the program does not wait for a reader.
                Chunk::Stderr(_) => {}
            }
        }
        let ended = running.ended().map_err(lost)?;
        let status = match ended {
            Ended::Status(NO_COMMAND) => return Err(Broken::Cut(NO_VIRTUALMIN.to_owned())),
            Ended::Status(status) => status,
            Ended::Signal(name) => return Err(Broken::Cut(format!("the signal {name} ended it"))),
        };
        let (output, held) = body.end();
        let body = match line.prints {
            Prints::Json => output,
            Prints::Text => wrapped(request.program().name, status, &output),
        };
        Ok(Answer::of_command((body, held)))
    }
}

const NO_VIRTUALMIN: &str = "the host has no command `virtualmin` in the path of this user";

/// The answer of `remote.cgi` for a program that printed this text.
fn wrapped(program: &str, status: u32, output: &str) -> String {
    let answer = match status {
        0 => json!({ "command": program, "status": "success", "output": output }),
        _ => {
            let first = output.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            json!({ "command": program, "status": "failure", "error": first, "full_error": output })
        }
    };
    answer.to_string()
}

fn not_connected(why: &NoConnection) -> Fault {
    let kind = match why {
        NoConnection::TimedOut => FaultKind::Timeout,
        _ => FaultKind::Unavailable,
    };
    Fault::new(
        kind,
        format!("the panel is down, and the host cannot be reached over SSH either: {why}"),
    )
}

fn not_run(why: &NotRun, mutates: bool) -> Fault {
    let kind = match why.why() {
        ssh::Why::TimedOut => FaultKind::Timeout,
        _ => FaultKind::Unavailable,
    };
    with_effect(Fault::new(kind, format!("over SSH {why}")), mutates && why.may_have_begun())
}

fn no_answer(broken: &Broken, mutates: bool) -> Fault {
    let kind = match broken {
        Broken::TimedOut => FaultKind::Timeout,
        Broken::Crowded => FaultKind::RateLimited,
        Broken::TooLarge(_) => FaultKind::Protocol,
        _ => FaultKind::Unavailable,
    };
    with_effect(Fault::new(kind, format!("the command over SSH has no answer: {broken}")), mutates)
}

fn with_effect(fault: Fault, may_have_run: bool) -> Fault {
    if may_have_run { fault.with_effect(Effect::Unknown) } else { fault }
}

impl fmt::Debug for Shell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shell").field("host", &self.host).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::{
        envelope::{self, Envelope},
        programs,
    };

    fn read(status: u32, output: &str) -> Envelope<serde_json::Value> {
        let program = &programs::domains::ENABLE;
        envelope::decode(program, &wrapped(program.name, status, output)).unwrap()
    }

    #[test]
    fn the_text_of_a_command_is_read_as_the_answer_of_the_panel() {
        let output = "Enabling \"x\" ..\n.. done\n".to_owned();
        assert_eq!(read(0, &output), Envelope::Success { data: None, output });
        let full_error = "\nNo domain specified\n\nusage\n".to_owned();
        let error = "No domain specified".to_owned();
        assert_eq!(read(1, &full_error), Envelope::Failure { error, full_error });
    }
}
