//! The outcomes of sweeps, with their names in metrics.

/// The outcome of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SweepOutcome {
    /// The server matches the rows.
    Clean,
    /// The server differs from the rows.
    Drifted {
        /// Number of differences found.
        differences: usize,
        /// Number of jobs filed to heal them.
        jobs: usize,
    },
    /// The server's listing cannot be true, so nothing was concluded from it.
    Doubted,
    /// The server failed its check.
    Unhealthy,
    /// This service could not ask the server, which says nothing about the server's health.
    Blind,
    /// The sweep took longer than its lease, and nothing was written.
    Late,
}

impl SweepOutcome {
    /// The stable name in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Drifted { .. } => "drifted",
            Self::Doubted => "doubted",
            Self::Unhealthy => "unhealthy",
            Self::Blind => "blind",
            Self::Late => "late",
        }
    }
}
