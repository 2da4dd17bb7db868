//! Why a command failed, its exit code, and the hints that go with it.

mod hints;

use std::{iter::successors, time::Duration};

use contracts::{provisioning::v1::Job, status::from_status};
use model::fault::{Fault, FaultKind};
use tonic::Status;

use crate::{
    awaited::Awaited,
    palette::{Colour, Palette},
    table::one_line,
};

/// Errors of a server that speaks HTTP without gRPC. The first byte of a web page or of JSON is no compression flag
/// of a gRPC message, and HTTP/1 has no frame length of HTTP/2.
const SPEAKS_ELSE: [&str; 2] = ["invalid compression flag", "frame with invalid size"];

/// The exit code of a request that is refused, or in conflict with the state of things.
pub(crate) const REFUSED: u8 = 4;

/// A failure as it is reported at the terminal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A wrong argument or other input.
    #[error("{0}")]
    Usage(String),
    #[error("the address of the API is not set")]
    NoUrl,
    #[error("no token for the API is set")]
    NoToken,
    /// The API answered with a fault, or did not answer.
    #[error("{fault}")]
    Fault {
        fault: Box<Fault>,
        /// The request id that makes a repeat of a change safe; `None` for reads.
        request_id: Option<String>,
    },
    /// An HTTP answer that is none of gRPC.
    #[error("the server at {url} does not speak gRPC")]
    NotGrpc { url: String },
    /// The account is protected from termination.
    #[error("account {account} is protected from termination")]
    Protected { account: String },
    /// The job ended in another status than the command asked for.
    #[error("job {} {}", .0.id, ended(.0))]
    Job(Box<Job>),
    #[error("{awaited} after {} s", waited.as_secs())]
    Unended { awaited: Awaited, waited: Duration },
    #[error("interrupted; {}", .0.goes_on())]
    Interrupted(Awaited),
    /// A sweep was requested, but the server's check failed or could not be made.
    #[error("server {server} was not seen: {error}")]
    Unseen { server: String, error: String },
    /// The audit log was changed or cut.
    #[error("the audit log is broken in {problems} places")]
    AuditBroken { problems: usize },
    /// Values that do not open kept their key.
    #[error("{values} sealed values do not open, and keep their key")]
    Unopened { values: u32 },
    /// A prompt, a read or a write failed on this machine.
    #[error("{what}: {source}")]
    Local { what: &'static str, source: std::io::Error },
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault { fault: Box::new(fault), request_id: None }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        from_status(&status).into()
    }
}

impl Failure {
    /// The failure of a call to the API at `url`.
    pub(crate) fn of_call(status: &Status, url: &str) -> Self {
        let sources = successors(std::error::Error::source(status), |it| it.source());
        let mut words = vec![status.message().to_owned()];
        words.extend(sources.map(ToString::to_string));
        if words.iter().any(|it| SPEAKS_ELSE.iter().any(|sign| it.contains(sign))) {
            return Self::NotGrpc { url: url.to_owned() };
        }
        let mut fault = from_status(status);
        // A broken transport has a chain of sources; the last one with its own text names the cause.
        if words.len() > 1
            && let Some(cause) = words.iter().rfind(|it| *it != "transport error")
        {
            fault.message = format!("no answer from {url}: {cause}");
        }
        fault.into()
    }

    /// Adds the request id for a repeat of the change.
    pub(crate) fn repeatable(self, id: &str) -> Self {
        match self {
            Self::Fault { fault, .. } => Self::Fault { fault, request_id: Some(id.to_owned()) },
            other => other,
        }
    }

    /// Whether the same call may succeed a moment later.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Fault { fault, .. } if fault.kind.is_transient())
    }

    /// The exit code, as `--help` lists it.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::NoUrl => 2,
            Self::NoToken => 5,
            Self::Fault { fault, .. } => match fault.kind {
                FaultKind::Invalid => 2,
                FaultKind::NotFound => 3,
                FaultKind::Conflict | FaultKind::Refused | FaultKind::OverQuota => REFUSED,
                FaultKind::Unauthenticated | FaultKind::Denied => 5,
                FaultKind::OutOfService
                | FaultKind::Unavailable
                | FaultKind::Timeout
                | FaultKind::RateLimited
                | FaultKind::Busy => 6,
                FaultKind::Protocol | FaultKind::Internal => 1,
            },
            Self::Protected { .. } => REFUSED,
            Self::Unended { .. } => 6,
            Self::NotGrpc { .. }
            | Self::Job(_)
            | Self::Unseen { .. }
            | Self::AuditBroken { .. }
            | Self::Unopened { .. }
            | Self::Local { .. } => 1,
            Self::Interrupted(_) => 130,
        }
    }

    /// The error, its fields, and the hints.
    pub(crate) fn report(&self, palette: Palette) -> String {
        let first = match self {
            Self::Fault { fault, .. } if fault.violations.len() > 1 => {
                let count = fault.violations.len();
                format!("{count} of the values given cannot be used")
            }
            other => one_line(&other.to_string()),
        };
        let mut lines = vec![format!("{} {first}", palette.paint(Colour::Red, "error:"))];
        match self {
            Self::Fault { fault, .. } if fault.violations.len() > 1 => {
                lines.extend(fault.violations.iter().map(|it| {
                    format!(
                        "  {} {}",
                        palette.paint(Colour::Bold, &format!("{}:", it.field)),
                        one_line(&it.message)
                    )
                }));
            }
            Self::Job(job) => lines.extend(job.fault.iter().map(|it| {
                format!(
                    "  {} {}",
                    palette.paint(Colour::Bold, &format!("{}:", it.kind)),
                    one_line(&it.message)
                )
            })),
            _ => {}
        }
        let mark = palette.paint(Colour::Bold, "next:");
        lines.extend(self.hints().into_iter().map(|hint| format!("{mark} {hint}")));
        lines.join("\n")
    }
}

fn ended(job: &Job) -> String {
    match job.status.as_str() {
        "failed" => "has failed".to_owned(),
        status => format!("is {status}"),
    }
}

#[cfg(test)]
mod tests;
