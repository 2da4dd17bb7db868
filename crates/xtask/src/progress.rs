//! Shows the steps of a running job.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use serde_json::Value;
use testkit::poll;

use crate::rest::Rest;
use crate::terminal::say;

const LIMIT: Duration = Duration::from_secs(180);

#[derive(Deserialize)]
struct Job {
    kind: String,
    status: String,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    name: String,
    status: String,
}

/// Follows a job until it is completed, with one line for each finished step.
///
/// # Errors
/// If the job ends otherwise or takes longer than three minutes; the error holds the job as last seen.
pub(crate) async fn follow(rest: &Rest, job: &str) -> Result<()> {
    let start = Instant::now();
    let style = ProgressStyle::with_template("  {spinner} [{bar:20}] {pos}/{len} {msg}")
        .context("the bar's template is wrong")?
        .progress_chars("=> ");
    let bar = ProgressBar::new(0).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(100));
    let mut shown = Vec::new();
    let path = format!("/jobs/{job}");
    let outcome = poll(LIMIT, async || {
        let seen = match rest.get(&path).await {
            Ok(seen) => seen,
            Err(error) => return Err(format!("{error:#}")),
        };
        let read: Job = match serde_json::from_value(seen.clone()) {
            Ok(read) => read,
            Err(error) => return Ok(Err(format!("the job cannot be read: {error}: {seen}"))),
        };
        show(&bar, &read, &mut shown, start);
        match read.status.as_str() {
            "completed" => Ok(Ok(())),
            "failed" | "cancelled" | "stuck" => {
                Ok(Err(format!("the job ended {}: {seen}", read.status)))
            }
            _ => Err(pretty(&seen)),
        }
    })
    .await;
    bar.finish_and_clear();
    match outcome {
        Ok(Ok(())) => Ok(()),
        Ok(Err(problem)) => bail!(problem),
        Err(last) => bail!(
            "job {job} is not completed after {LIMIT:?}; it was last: {}",
            last.unwrap_or_default()
        ),
    }
}

fn show(bar: &ProgressBar, job: &Job, shown: &mut Vec<String>, start: Instant) {
    let done = |step: &&Step| step.status == "done";
    for step in job.steps.iter().filter(done) {
        if !shown.contains(&step.name) {
            let elapsed = start.elapsed().as_secs_f64();
            bar.suspend(|| say(format!("  ✓ {:<32}{elapsed:>6.1} s", step.name)));
            shown.push(step.name.clone());
        }
    }
    bar.set_length(job.steps.len() as u64);
    bar.set_position(shown.len() as u64);
    let current = job.steps.iter().find(|step| !done(step));
    bar.set_message(current.map_or_else(
        || format!("{} {}", job.kind, job.status),
        |step| format!("{}: {}", step.name, step.status),
    ));
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
