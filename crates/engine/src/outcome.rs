//! How far a claimed job came, and why a step did not get done.

use std::time::Duration;

use model::{fault::Fault, job::JobStatus};

/// How far a claimed job came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It reached this status: final, or stuck.
    Ended(JobStatus),
    /// It is to be tried again after so long.
    Later(Duration),
    /// It waits for a child job.
    Waiting,
    /// The worker stops; another takes it up.
    GivenBack,
    /// The test kit killed the worker.
    Crashed,
}

/// Why a step did not get done.
pub(crate) enum Halt {
    /// The job goes no further now.
    Stop(Outcome),
    /// This went wrong.
    Fault(Fault),
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
