//! What a program leaves behind: its text and its exit code.

/// The end of a program.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outcome {
    /// 0 when it went well.
    pub(super) exit_code: u8,
    /// Standard output and standard error in one.
    pub(super) output: String,
}

impl Outcome {
    /// The `error` of a failure: the first line that is not blank.
    pub(super) fn error(&self) -> &str {
        self.output.lines().find(|line| !line.trim().is_empty()).unwrap_or_default()
    }
}

/// Why a program did not end well.
#[derive(Debug, PartialEq)]
pub(super) enum Failure {
    /// An argument or a lookup failed before anything was done: the reason, then the usage text.
    Usage(String),
    /// `--help`: the usage text alone, still exit code 1.
    Help,
    /// It stopped half way, having printed this.
    Halted(String),
}

impl Failure {
    /// The outcome, given the program's usage text.
    pub(super) fn outcome(self, usage: &str) -> Outcome {
        let output = match self {
            Self::Usage(reason) => format!("{reason}\n\n{usage}"),
            Self::Help => usage.to_owned(),
            Self::Halted(output) => output,
        };
        Outcome { exit_code: 1, output }
    }
}
