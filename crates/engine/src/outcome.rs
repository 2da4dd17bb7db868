//! Where the work on a claimed job stopped, and why a step did not finish.

use std::time::Duration;

use model::{fault::Fault, job::JobStatus};

/// Where the work on a claimed job stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The job reached this status: final, or stuck.
    Ended(JobStatus),
    /// The job will be tried again after this time.
    Later(Duration),
    /// The job waits for a child job.
    Waiting,
    /// The job was given back because the worker stops, or because its child has just ended.
    GivenBack,
    /// The test kit injected a crash.
    Crashed,
}

/// Why a step did not finish.
pub(crate) enum Halt {
    /// The work on the job stops here for now.
    Stop(Outcome),
    /// The step failed.
    Fault(Fault),
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
