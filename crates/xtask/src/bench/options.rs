//! The options of the bench, and what its measurements have in common.

/// Connections to PostgreSQL of the filer and of the bare limit: as many as a service opens by default.
pub(super) const CONNECTIONS: u32 = 10;

/// A part that is measured alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum What {
    /// The gateway to panels
    Gateway,
}

/// The options of the command.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Options {
    /// Measure only this part
    #[arg(conflicts_with_all = ["check", "backlog", "celery"])]
    pub(super) what: Option<What>,
    /// Jobs that the job engine carries out in each turn
    #[arg(long, default_value_t = 1500)]
    pub(crate) jobs: usize,
    /// Activations under load
    #[arg(long, default_value_t = 300)]
    pub(crate) activations: usize,
    /// Jobs in hand at a time, for the services and for the bare limit
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=200))]
    pub(crate) in_hand: u16,
    /// Instead of the comparison, measure the job engine while 0, 1,000, 10,000 and 100,000 jobs wait and ten times as many
    /// are finished
    #[arg(long, conflicts_with = "check")]
    pub(super) backlog: bool,
    /// Measure Celery too, in the same turns: it is installed from Python's package index into target/praho-bench/celery
    #[arg(long, conflicts_with = "backlog")]
    pub(super) celery: bool,
    /// Fail if the job engine is below 40 % of the bare limit, or a service above 64 MiB, or an activation alone slower than
    /// 500 ms
    #[arg(long)]
    pub(super) check: bool,
}
