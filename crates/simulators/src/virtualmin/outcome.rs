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
    /// A check warned before any change: the warnings.
    Warned(Vec<String>),
    /// The program stopped half way, after printing this.
    Halted(String),
}

impl Failure {
    /// The outcome, with the program's usage text where it belongs.
    pub(super) fn outcome(self, usage: &str) -> Outcome {
        let (exit_code, output) = match self {
            Self::Usage(reason) => (1, format!("{reason}\n\n{usage}")),
            Self::Help => (1, usage.to_owned()),
            // Not recorded: as `create-domain.pl` of 8.1.0 prints it.
            Self::Warned(warnings) => {
                let warnings: String = warnings.iter().map(|it| format!("  {it}\n")).collect();
                let output = format!(
                    "The following possible problems were detected :\n\n{warnings}\nThe virtual server will not be \
                     created unless the --skip-warnings flag is given.\n"
                );
                (5, output)
            }
            Self::Halted(output) => (1, output),
        };
        Outcome { exit_code, output }
    }
}
