//! How sweeps come out, by the names that metrics use.

/// How a sweep came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SweepOutcome {
    /// The server is as the rows say.
    Clean,
    /// It is not.
    Drifted {
        /// Differences that were found.
        differences: usize,
        /// Jobs that were filed to heal them.
        jobs: usize,
    },
    /// What it lists cannot be true: nothing was concluded.
    Doubted,
    /// It fails its checks.
    Unhealthy,
    /// We could not ask it, which says nothing about it.
    Blind,
    /// It took too long, and nothing was written.
    Late,
}

impl SweepOutcome {
    /// The stable name, as in metrics.
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
