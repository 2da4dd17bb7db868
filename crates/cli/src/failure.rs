//! Why a command failed, with which exit code, and what to do next.

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

/// How HTTP sounds that is none of gRPC: a web page or JSON has no flag of a gRPC message as its first byte,
/// and HTTP/1 no length of an HTTP/2 frame.
const SPEAKS_ELSE: [&str; 2] = ["invalid compression flag", "frame with invalid size"];

/// The exit code of what is refused, or in conflict with what is there.
pub(crate) const REFUSED: u8 = 4;

/// A failure as the person at the terminal learns of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Something given is wrong.
    #[error("{0}")]
    Usage(String),
    #[error("the address of the API is not set")]
    NoUrl,
    #[error("no token for the API is set")]
    NoToken,
    /// The API said no, or nothing.
    #[error("{fault}")]
    Fault {
        fault: Box<Fault>,
        /// Under which request id the same command is done once only, if it was a change.
        request_id: Option<String>,
    },
    /// An HTTP answer that is none of gRPC.
    #[error("the server at {url} does not speak gRPC")]
    NotGrpc { url: String },
    /// The account may not be terminated.
    #[error("account {account} is protected from termination")]
    Protected { account: String },
    /// The job ended otherwise than was wished.
    #[error("job {} {}", .0.id, ended(.0))]
    Job(Box<Job>),
    #[error("{awaited} after {} s", waited.as_secs())]
    Unended { awaited: Awaited, waited: Duration },
    #[error("interrupted; {}", .0.goes_on())]
    Interrupted(Awaited),
    /// A server that was to be looked at did not answer as it should, or nobody could ask it.
    #[error("server {server} was not seen: {error}")]
    Unseen { server: String, error: String },
    /// Nobody can be asked, nothing written.
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
    /// A call to the API at `url` failed.
    pub(crate) fn of_call(status: &Status, url: &str) -> Self {
        let sources = successors(std::error::Error::source(status), |it| it.source());
        let mut words = vec![status.message().to_owned()];
        words.extend(sources.map(ToString::to_string));
        if words.iter().any(|it| SPEAKS_ELSE.iter().any(|sign| it.contains(sign))) {
            return Self::NotGrpc { url: url.to_owned() };
        }
        let mut fault = from_status(status);
        // A broken transport has sources, and the last of them that says anything says what broke.
        if words.len() > 1
            && let Some(cause) = words.iter().rfind(|it| *it != "transport error")
        {
            fault.message = format!("no answer from {url}: {cause}");
        }
        fault.into()
    }

    /// There is no such thing, for this caller.
    pub(crate) fn not_found(what: &str, name: &str) -> Self {
        Fault::not_found(what, format!("{name:?}")).into()
    }

    /// Notes under which id the change may be repeated.
    pub(crate) fn repeatable(self, id: &str) -> Self {
        match self {
            Self::Fault { fault, .. } => Self::Fault { fault, request_id: Some(id.to_owned()) },
            other => other,
        }
    }

    /// Whether the same call may go well a moment later.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Fault { fault, .. } if fault.kind.is_transient())
    }

    /// As documented in `--help`.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::NoUrl => 2,
            Self::NoToken => 5,
            Self::Fault { fault, .. } => match fault.kind {
                FaultKind::Invalid => 2,
                FaultKind::NotFound => 3,
                FaultKind::Conflict | FaultKind::Refused => REFUSED,
                FaultKind::Unauthenticated | FaultKind::Denied => 5,
                FaultKind::Unavailable
                | FaultKind::Timeout
                | FaultKind::RateLimited
                | FaultKind::Busy => 6,
                FaultKind::Protocol | FaultKind::Internal => 1,
            },
            Self::Protected { .. } => REFUSED,
            Self::Unended { .. } => 6,
            Self::NotGrpc { .. } | Self::Job(_) | Self::Unseen { .. } | Self::Local { .. } => 1,
            Self::Interrupted(_) => 130,
        }
    }

    /// What was wrong, with the fields, and what to do next.
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
