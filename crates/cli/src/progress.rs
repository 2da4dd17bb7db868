//! Progress, mostly of a job: a live line below finished ones on a terminal, plain lines otherwise.

use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

use contracts::provisioning::v1::Job;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    job_lines,
    output::{Output, word},
};

/// The pause between two movements of the live line.
const TICK: Duration = Duration::from_millis(100);

/// The part of a job that has been shown. Dropping it removes the live line.
pub(crate) struct Progress {
    live: Option<ProgressBar>,
    seen: Option<Job>,
    output: Output,
}

impl Progress {
    pub(crate) fn new(output: Output) -> Self {
        let live = stderr().is_terminal().then(|| {
            let mut live = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                live = live.with_style(style);
            }
            live.enable_steady_tick(TICK);
            live
        });
        Self { live, seen: None, output }
    }

    /// Shows the job's changes since the last call.
    pub(crate) fn show(&mut self, job: Job) {
        for line in job_lines::changes(self.seen.as_ref(), &job, self.output.words()) {
            self.say(&line);
        }
        self.now(job_lines::current(&job));
        self.seen = Some(job);
    }

    /// Changes the text of the live line.
    pub(crate) fn now(&self, text: String) {
        if let Some(live) = &self.live {
            live.set_message(text);
        }
    }

    /// Writes a finished line.
    pub(crate) fn say(&self, line: &str) {
        match &self.live {
            Some(live) => live.suspend(|| word(line)),
            None => word(line),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(live) = &self.live {
            live.finish_and_clear();
        }
    }
}
