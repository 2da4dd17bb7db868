//! The result of a program: its text and its exit code.

/// The result of a program that ran.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outcome {
    /// 0 for success.
    pub(super) exit_code: u8,
    /// Standard output and standard error together.
    pub(super) output: String,
}

impl Outcome {
    /// The `error` of a failure: the first line that is not blank.
    pub(super) fn error(&self) -> &str {
        self.output.lines().find(|line| !line.trim().is_empty()).unwrap_or_default()
    }
}

/// Why a program failed.
#[derive(Debug, PartialEq)]
pub(super) enum Failure {
    /// An argument or a lookup was refused before any change: the reason, followed by the usage text.
    Usage(String),
    /// `--help`: only the usage text, and also exit code 1.
    Help,
    /// The program stopped half way, after printing this.
    Halted(String),
}

impl Failure {
    /// The outcome, with the program's usage text where it belongs.
    pub(super) fn outcome(self, usage: &str) -> Outcome {
        let output = match self {
            Self::Usage(reason) => format!("{reason}\n\n{usage}"),
            Self::Help => usage.to_owned(),
            Self::Halted(output) => output,
        };
        Outcome { exit_code: 1, output }
    }
}
