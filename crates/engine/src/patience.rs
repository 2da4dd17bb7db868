//! How long a job waits for the end of a dependency's outage before it is undone.

use std::{collections::HashMap, time::Duration};

use model::job::JobKind;

/// An hour.
const HOUR: Duration = Duration::from_secs(3600);

/// How long jobs wait for the end of a dependency's outage, measured from the first failed try of the step under way.
#[derive(Clone, Debug)]
pub struct Patience {
    usual: Duration,
    of_kinds: HashMap<JobKind, Duration>,
}

impl Patience {
    /// The same patience for all kinds of jobs.
    pub fn all(usual: Duration) -> Self {
        Self { usual, of_kinds: HashMap::new() }
    }

    /// Another patience for the kinds that have none of their own.
    #[must_use]
    pub fn usually(self, usual: Duration) -> Self {
        Self { usual, ..self }
    }

    /// Another patience for jobs of one kind.
    #[must_use]
    pub fn with(mut self, kind: JobKind, patience: Duration) -> Self {
        self.of_kinds.insert(kind, patience);
        self
    }

    /// The patience for jobs of this kind.
    pub(crate) fn of(&self, kind: JobKind) -> Duration {
        self.of_kinds.get(&kind).copied().unwrap_or(self.usual)
    }
}

impl Default for Patience {
    /// A day; an hour for a verification, whose result a person waits for.
    fn default() -> Self {
        Self::all(24 * HOUR).with(JobKind::ServerVerify, HOUR)
    }
}
